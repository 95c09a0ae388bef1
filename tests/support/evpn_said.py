"""What the rows of a leaf say of EVPN, of whichever make: a network's instance is called by its VLAN or its VNI, and a
VRF's targets may be those of each family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.devices import render_evpn as evpn

Targets = frozenset[tuple[str, str]]
"""Each a direction and a route target."""


class Instance(NamedTuple):
    """A network or a VRF in EVPN."""

    vni: Value | None
    route_distinguisher: Value | None
    targets: Targets


class Evpn(NamedTuple):
    """By leaf and VLAN, and by leaf and VRF."""

    networks: dict[tuple[str, str], Instance]
    vrfs: dict[tuple[str, str], Instance]


def evpn_said(rows: Mapping[RowKey, Row]) -> Evpn:
    """What rows of one make say; a VLAN that is a router's own, with a VNI and without an instance, is left out."""
    said: dict[str, dict[tuple[str, ...], Value | None]] = {}
    for key, row in rows.items():
        said.setdefault(key.table, {})[tuple(key.name.split())] = row.columns.get(VALUE)
    instances = said.get(evpn.MAC_VRF, {})
    networks: dict[tuple[str, str], Instance] = {}
    for (leaf, vlan), vni in said.get(evpn.VNI, {}).items():
        name = (leaf, vlan) if (leaf, vlan) in instances else (leaf, str(vni))
        if name in instances:
            distinguisher = said.get(evpn.MAC_VRF_RD, {}).get(name)
            networks[leaf, vlan] = Instance(vni, distinguisher, _targets(said.get(evpn.MAC_VRF_TARGETS, {}), name))
    vrfs = {
        (leaf, vrf): Instance(
            vni,
            said.get(evpn.BGP_VRF_RD, {}).get((leaf, vrf)),
            _targets(said.get(evpn.BGP_VRF_TARGETS, {}), (leaf, vrf)),
        )
        for (leaf, vrf), vni in said.get(evpn.VRF_VNI, {}).items()
    }
    return Evpn(networks, vrfs)


def _targets(said: Mapping[tuple[str, ...], Value | None], name: tuple[str, str]) -> Targets:
    return frozenset((words[-2], words[-1]) for words in said if words[:2] == name)
