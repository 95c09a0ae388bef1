"""Where Neutron has put the gateways of its routers, and which routers translate at the hosts: decisions to keep.

Source: ovn-nb(5), Logical_Router_Port `gateway_chassis`, `ha_chassis_group` (which counts where both are set), NAT
`external_mac`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cpal.core.driver import Gateways
from cpal.drivers.ovn.adopt import NEUTRON
from cpal.drivers.ovn.render import names
from cpal.ovsdb.ops import Op, select
from cpal.ovsdb.results import Result
from cpal.ovsdb.rows import RowCodec
from cpal.ovsdb.schema import Schema

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Logical_Router": ("name", "ports", "nat"),
    "Logical_Router_Port": ("name", "gateway_chassis", "ha_chassis_group"),
    "Gateway_Chassis": ("chassis_name", "priority"),
    "HA_Chassis_Group": ("ha_chassis",),
    "HA_Chassis": ("chassis_name", "priority"),
    "NAT": ("external_mac",),
}
"""What is read."""


def request(schema: Schema) -> list[Op]:
    """The operations whose results `read` takes."""
    return [select(schema.table(name), [], ("_uuid", *columns)) for name, columns in COLUMNS.items()]


def read(schema: Schema, results: Sequence[Result]) -> Gateways:
    """The hosts of each gateway, the best first, and the routers that translate at the hosts."""
    tables: dict[str, dict[str, Any]] = {}
    for (name, columns), result in zip(COLUMNS.items(), results, strict=True):
        tables[name] = {row._uuid: row for row in RowCodec(schema.table(name), columns).rows(result.rows)}
    hosts: dict[str, tuple[str, ...]] = {}
    distributed = set()
    for router in tables["Logical_Router"].values():
        id = router.name.removeprefix(NEUTRON)
        for port in (tables["Logical_Router_Port"][uuid] for uuid in router.ports):
            if found := _hosts(tables, port):
                hosts[port.name.removeprefix(names.router_port("").name)] = found
        if any(tables["NAT"][uuid].external_mac for uuid in router.nat):
            distributed.add(id)
    return Gateways(hosts, frozenset(distributed))


def _hosts(tables: Mapping[str, Mapping[str, Any]], port: Any) -> tuple[str, ...]:
    group = tables["HA_Chassis_Group"].get(port.ha_chassis_group)
    if group is not None:
        members = [tables["HA_Chassis"][uuid] for uuid in group.ha_chassis]
    else:
        members = [tables["Gateway_Chassis"][uuid] for uuid in port.gateway_chassis]
    members.sort(key=lambda member: (-member.priority, member.chassis_name))
    return tuple(dict.fromkeys(member.chassis_name for member in members))
