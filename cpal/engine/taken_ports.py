"""How leaves that run FRR are taken over: networks and routers, what is plugged into their bridges, and settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import uuid4

from cpal.core.driver import Rules
from cpal.core.rows import RowKey
from cpal.drivers.devices.fabric_said import Barred, FabricSaid, NetworkSaid
from cpal.drivers.devices.frr.make import MAKE, RULES, is_setting, vrf_of
from cpal.drivers.devices.frr.render.names import EVPN, PORT, VRF, vxlan_key
from cpal.drivers.devices.frr.said import said_by
from cpal.drivers.devices.render_device import said_by as said_of_device
from cpal.engine.taken import Rows, Work
from cpal.model.estate import KINDS
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
        self._add_plugged(work, mine)
        rest = {key: row for key, row in mine.items() if is_setting(key) and vrf_of(key) not in work.routers}
        further = said_of_device(rest, MAKE.is_default)
        work.records += [KINDS[kind](id=str(uuid4()), **work.own, **fields) for kind, fields in further.found]
        work.left_out += [f"{key} is left as it is: no record says that" for key in further.left_out]

    def _add_plugged(self, work: Work, mine: Rows) -> None:
        """Take over what is plugged into the bridges of networks."""
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
