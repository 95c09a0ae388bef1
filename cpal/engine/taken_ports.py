"""How leaves that run FRR are taken over: networks and routers, and what is plugged into their bridges."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import uuid4

from cpal.core.driver import Rules
from cpal.core.rows import RowKey
from cpal.drivers.devices.fabric_said import Barred, FabricSaid, NetworkSaid
from cpal.drivers.devices.frr.make import RULES
from cpal.drivers.devices.frr.render.names import EVPN, PORT, VRF, vxlan_key
from cpal.drivers.devices.frr.said import said_by
from cpal.engine.taken import Rows, Work
from cpal.model.network import Network
from cpal.model.switch import ACCESS, Interface


class OfLeaves:
    """Leaves, of which others gave these `names` to bridges."""

    of_leaf: Collection[str] = frozenset({VRF})

    def __init__(self, names: Mapping[RowKey, str]) -> None:
        self.names = names

    @property
    def rules(self) -> Rules:
        """As `Taking`."""
        return RULES

    def said(self, held: Rows, mine: Rows, barred: Barred) -> FabricSaid:
        """As `Taking`."""
        return said_by(held, mine, self.names, barred)

    def is_at(self, rows: Rows, leaf: str, network: NetworkSaid) -> bool:
        """As `Taking`."""
        return RowKey(EVPN, f"{leaf} {network.vni}") in rows

    def add_rest(self, work: Work, mine: Rows) -> None:
        """As `Taking`."""
        bridges: dict[object, Network] = {}
        for vni, said in work.said.networks.items():
            devices = [mine.get(vxlan_key(leaf, f"vx{vni}")) for leaf in said.leaves]
            bridges |= {each.columns.get("bridge"): work.networks[vni] for each in devices if each}
        for key, row in sorted(mine.items()):
            network = bridges.get(row.columns.get("bridge")) if key.table == PORT else None
            if network is not None:
                leaf, name = key.name.split()
                up = None if row.columns["up"] else False
                work.records.append(
                    Interface(id=str(uuid4()), name=f"{leaf}/{name}", mode=ACCESS, networks=(network.id,), enabled=up,
                              **work.own)
                )  # fmt: skip
