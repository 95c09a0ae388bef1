"""How switches are taken over whose settings are rows: networks and routers, VLANs, interfaces, and whatever else."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import uuid4

from cpal.core.driver import Rules
from cpal.core.rows import VALUE, RowKey
from cpal.drivers.devices import render_bgp
from cpal.drivers.devices.fabric_said import Barred, FabricSaid, FabricWords, NetworkSaid
from cpal.drivers.devices.fabric_said import said_by as said_of_fabric
from cpal.drivers.devices.render_device import kind_of
from cpal.drivers.devices.render_device import said_by as said_of_device
from cpal.drivers.devices.render_evpn import TUNNEL_SOURCE
from cpal.drivers.devices.render_switch import (
    MODE,
    TRUNK_VLANS,
    VLAN,
    VLAN_NAME,
    device_of,
    key_of,
    parts_of,
    said_by,
)
from cpal.drivers.devices.switch import Writing
from cpal.engine.taken import Rows, Work
from cpal.model.estate import KINDS
from cpal.model.switch import ACCESS, TRUNK, Interface, Vlan


class OfSettings:
    """Switches of one make."""

    of_leaf: Collection[str] = frozenset({TUNNEL_SOURCE, "tunnels.enabled", "tunnels.reachability"})

    def __init__(self, make: Writing) -> None:
        self.make = make
        self.words = make.fabric or FabricWords()

    @property
    def rules(self) -> Rules:
        """As `Taking`."""
        return self.make.rules

    def said(self, held: Rows, mine: Rows, barred: Barred) -> FabricSaid:
        """As `Taking`."""
        return said_of_fabric(held, mine, self.make.fabric, barred) if self.make.fabric else FabricSaid({}, {}, {})

    def is_at(self, rows: Rows, leaf: str, network: NetworkSaid) -> bool:
        """As `Taking`."""
        return key_of(VLAN, leaf, network.vlan) in rows

    def add_rest(self, work: Work, mine: Rows) -> None:
        """As `Taking`."""
        rest = {key: row for key, row in mine.items() if not self._is_covered(work, key)}
        further = said_of_device(rest, self.make.is_default, self.make.lag)
        rest = {key: row for key, row in rest.items() if key not in further.left_out}
        said = said_by(rest, self.make.is_default, self.make.tells_trunks)
        work.records += [Vlan(id=str(uuid4()), **work.own, **fields) for fields in said.vlans]
        for fields in said.interfaces:
            self._tell_left(work, fields, rest)
            carrying = self._carrying(work, fields)
            is_bare = len(carrying) == 1 < len(fields)
            work.records += [] if is_bare else [Interface(id=str(uuid4()), **work.own, **carrying)]
        work.records += [KINDS[kind](id=str(uuid4()), **work.own, **fields) for kind, fields in further.found]
        named = "its name is that of another, or it has none"
        work.left_out += [f"{key} is left as it is: {named}" for key in (*said.left_out, *further.left_out)]

    def _is_covered(self, work: Work, key: RowKey) -> bool:
        """Whether a row is one of a network or a router."""
        device, parts = device_of(key), parts_of(key)
        if key.table in (VLAN, VLAN_NAME):
            return (device, int(parts[0])) in work.vlans
        if key.table.startswith("interface"):
            vlan = parts[0].removeprefix(self.words.interface)
            return parts[0] != vlan and _is_gateway(work, device, int(vlan))
        of_vrf = kind_of(key.table) == "vrf" or (render_bgp.is_of_bgp(key.table) and key.table.endswith(".in_vrf"))
        return of_vrf and parts[0] in work.routers

    def _tell_left(self, work: Work, fields: dict[str, Any], rows: Rows) -> None:
        """Tell of a trunk whose VLANs no record can say."""
        device, _, port = fields["name"].partition("/")
        said = [rows.get(key_of(table, device, port)) for table in (MODE, TRUNK_VLANS)]
        mode, carried = (row.columns[VALUE] if row is not None else "" for row in said)
        if mode == TRUNK and carried and fields.get("mode") != TRUNK:
            why = f"cpal writes no trunk so: {carried!r}"
            work.left_out.append(f"the trunk {fields['name']} is left as it is: {why}")

    def _carrying(self, work: Work, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields of an interface, with networks in the place of their VLANs."""
        device = fields["name"].partition("/")[0]
        here = {vlan: network for (at, vlan), network in work.vlans.items() if at == device and network}
        if fields.get("mode") == ACCESS and (network := here.get(fields["vlan"])):
            return {**{key: said for key, said in fields.items() if key != "vlan"}, "networks": (network.id,)}
        if fields.get("mode") != TRUNK or not here:
            return fields
        carried = [vlan for vlan in fields.get("vlans", ()) if vlan in here]
        if not self.words.trunk_of_all and "vlans" not in fields:
            why = "it is of all VLANs, by which cpal would mean networks too"
            work.left_out.append(f"the trunk {fields['name']} is left as it is: {why}")
            return {key: said for key, said in fields.items() if key not in ("mode", "vlan", "vlans")}
        vlans = tuple(vlan for vlan in fields.get("vlans", ()) if vlan not in here)
        networks = tuple(here[vlan].id for vlan in carried)
        return {**fields, **({"vlans": vlans} if "vlans" in fields else {}), "networks": networks}


def _is_gateway(work: Work, device: str, vlan: int) -> bool:
    if (device, vlan) not in work.vlans:
        return False
    network = work.vlans[device, vlan]
    said = work.said.networks.get(network.segmentation_id or 0) if network else None
    return network is None or (said is not None and said.routed is not None)
