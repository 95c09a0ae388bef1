"""Whether EVPN has told a leaf all that it needs to reach the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_interface

from cpal.core.rows import Row
from cpal.drivers.devices.frr.leaf import LeafConnection
from cpal.drivers.devices.frr.observe import LeafState
from cpal.drivers.devices.frr.render.names import ADDRESS, BGP_VRF, EVPN


def missing_at(leaf: LeafConnection, own: LeafState, all_leaves: Mapping[str, LeafState]) -> Iterator[str]:
    """What a leaf does not know yet, in words: of each VNI the other leaves to flood to, or to route to."""
    others = [state for name, state in all_leaves.items() if name != leaf.name]
    vnis = leaf.ask_json("zebra", "show evpn vni json")
    for vni in _bridged(own):
        expected = sum(vni in _bridged(other) for other in others)
        known = vnis.get(vni, {}).get("numRemoteVteps", 0)
        if known != expected:
            yield f"{leaf.name} knows {known} of {expected} leaves with VNI {vni}"
    for vrf, prefixes in _routed(own).items():
        expected_prefixes = set().union(*(_routed(other).get(vrf, set()) for other in others)) - prefixes
        tables = (leaf.ask_json("zebra", f"show {family} route vrf {vrf} json") for family in ("ip", "ipv6"))
        found = {prefix for table in tables for prefix in table}
        if absent := expected_prefixes - found:
            yield f"{leaf.name} has no route to {', '.join(sorted(absent))} in {vrf}"


def _bridged(state: LeafState) -> set[str]:
    return {key.name.split()[1] for key in state.rows if key.table == EVPN}


def _routed(state: LeafState) -> dict[str, set[str]]:
    """The prefixes of each VRF that is stretched."""
    found = {_vrf(row): set[str]() for row in state.rows.values() if row.key.table == BGP_VRF and "vni" in row.columns}
    for row in state.rows.values():
        if row.key.table == ADDRESS and _vrf(row) in found:
            found[_vrf(row)].add(str(ip_interface(str(row.columns["value"])).network))
    return found


def _vrf(row: Row) -> str:
    return row.key.name.split()[1]
