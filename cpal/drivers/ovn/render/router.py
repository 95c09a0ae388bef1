"""A router: a logical router, its static routes, and the source NAT of its inner subnets.

Source: ovn-nb(5), Logical_Router, Logical_Router_Static_Route. The options are those Neutron sets: a router resolves
its neighbours by ARP instead of holding a flow for each, and does not learn from every ARP request it hears.
"""

from __future__ import annotations

from cpal.core.rows import Row, RowKey, Value
from cpal.core.view import View
from cpal.drivers.ovn.render import names
from cpal.drivers.ovn.render.nat import source_nat
from cpal.model.router import Router


def router(view: View, record: Router) -> list[Row]:
    """The rows of a router, without its ports."""
    options = {"always_learn_from_arp_request": "false", "dynamic_neigh_routers": "true"}
    if record.vni:
        options[names.REQUESTED_KEY] = str(record.vni)
    columns: dict[str, Value] = {
        "name": names.PREFIX + record.id,
        "options": options,
        **names.external_ids(record.name),
    }
    if not record.admin_state_up:
        columns["enabled"] = False
    rows = [Row(names.router(record.id), columns, (record.key,))]
    return rows + _routes(record) + source_nat(view, record)


def _routes(record: Router) -> list[Row]:
    rows = []
    for destination, nexthop in dict.fromkeys((route.destination, route.nexthop) for route in record.routes):
        key = RowKey("Logical_Router_Static_Route", f"{record.id} {destination} {nexthop}")
        columns: dict[str, Value] = {"ip_prefix": destination, "nexthop": nexthop}
        rows.append(Row(key, columns, (record.key,), within=names.router(record.id)))
    return rows
