"""What a Junos configuration says of EVPN, as rows, and how that is written. Pure.

A network's MAC-VRF is a routing instance that has its VLAN in it, so that a VLAN moves there when it is to be tunnelled
and back when not. It is known by its VLAN, whatever it is called. One that lacks a part without which nothing is
tunnelled is as good as none. A VRF is one of `services`, of the type `vrf` with what it says in EVPN. The gateway's MAC
address is not advertised: every leaf has the same.

Tunnels begin where the switch's own do: at its `switch-options vtep-source-interface`, which is the underlay's, as is a
BGP that speaks EVPN. Where cpal says it, it stays as long as others need it.

Route targets are a `vrf-target`; where others say them in policies, which then decide alone, those are read
(`vrf_policies`).

Source: Junos OS EVPN User Guide, "MAC-VRF Routing Instance Type Overview", "EVPN Type 5 Route with VXLAN
Encapsulation"; CLI Reference, "vrf-target", "vrf-import", "evpn" (`default-gateway do-not-advertise`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cpal.core.rows import VALUE, Op, Row, RowKey
from cpal.drivers.devices.fabric_said import FabricWords
from cpal.drivers.devices.junos import vrf_policies
from cpal.drivers.devices.junos.pairs import others_options
from cpal.drivers.devices.junos.reading import INET, INET6
from cpal.drivers.devices.junos.render_leaf import MAC, MAC_VRF_PORTS, POLICY, SAID, VRF_SYMMETRIC
from cpal.drivers.devices.junos.services import interface_of, unit_of
from cpal.drivers.devices.junos.text import statements, value, values
from cpal.drivers.devices.junos.vlans import INSTANCES, Vlans
from cpal.drivers.devices.parse.tree import Path, Tree, drop, put, section
from cpal.drivers.devices.render_device import VRF
from cpal.drivers.devices.render_evpn import (
    BGP_VRF,
    BGP_VRF_RD,
    BGP_VRF_REDISTRIBUTED,
    BGP_VRF_TARGETS,
    BOTH,
    MAC_VRF,
    MAC_VRF_RD,
    MAC_VRF_TARGETS,
    TUNNEL_SOURCE,
    VIRTUAL,
    VNI,
    VRF_VNI,
)
from cpal.drivers.devices.render_switch import ADDRESS, INTERFACE, VLAN, device_of, key_of, parts_of
from cpal.errors import Conflict, Rejected

_OF_VRF = frozenset({VRF_VNI, VRF_SYMMETRIC, BGP_VRF, BGP_VRF_RD, BGP_VRF_TARGETS, BGP_VRF_REDISTRIBUTED})
_OF_MAC_VRF = frozenset({MAC_VRF, MAC_VRF_RD, MAC_VRF_TARGETS, MAC_VRF_PORTS})
EVPN = frozenset({VNI, POLICY, TUNNEL_SOURCE, *_OF_MAC_VRF, *_OF_VRF})
"""The tables that are read and written here."""

FABRIC = FabricWords("irb.", (ADDRESS,), MAC, BGP_VRF_REDISTRIBUTED, trunk_of_all=False)
"""How its leaves say what they have of a fabric."""
_SPEAKS = ("protocols", "evpn")
_PREFIXES, _SYMMETRIC = (*_SPEAKS, "ip-prefix-routes"), (*_SPEAKS, "irb-symmetric-routing")
_MAC_VRF = {"instance-type": "mac-vrf", "service-type": "vlan-based"}
_SOURCE, _OPTIONS = "vtep-source-interface", "switch-options"
_TUNNELS = {"encapsulation": "vxlan", "extended-vni-list": "all"}
_SAYS = {"advertise": "direct-nexthop", "encapsulation": "vxlan"}
_GATEWAY = "default-gateway"
_POLICY = ("policy-options", f"policy-statement {SAID}")
_TERM = "term routes"
_CONTENT = {f"{_TERM} from protocol direct", f"{_TERM} from protocol static", f"{_TERM} then accept"}
_TARGET = "target:"


def rows_of(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of these of a device."""
    found: list[Row] = []
    for number, path in Vlans(tree).paths.items():
        vni = value((section(tree, path) or {}).get("vxlan", {}), "vni")
        if vni is not None:
            found.append(_setting(VNI, key_of(VLAN, device, number), int(vni)))
        if path[0] == INSTANCES and _tunnels(tree[INSTANCES][path[1]]):
            found += _mac_vrf(tree, tree[INSTANCES][path[1]], key_of(MAC_VRF, device, number))
    for name, instance in tree.get(INSTANCES, {}).items():
        if value(instance, "instance-type") == "vrf":
            found += _vrf(tree, instance, key_of(VRF, device, name), key_of(BGP_VRF, device, name))
    found += _virtual(tree, device)
    if statements(section(tree, _POLICY) or {}) == _CONTENT:
        found.append(Row(key_of(POLICY, device, SAID)))
    if (source := value(tree.get(_OPTIONS, {}), _SOURCE)) is not None:
        found.append(Row(key_of(TUNNEL_SOURCE, device), {VALUE: source}))
    return {row.key: row for row in found}


def _virtual(tree: Tree, device: str) -> Iterator[Row]:
    """The addresses that gateways have together, beside each leaf's own: cpal says none, but knows them."""
    for unit, below in tree.get("interfaces", {}).get("irb", {}).items():
        port = f"irb.{unit.removeprefix('unit ')}"
        for family in (INET, INET6):
            for line, within in below.get(family, {}).items():
                if line.startswith("address ") and (said := value(within, "virtual-gateway-address")) is not None:
                    yield Row(key_of(VIRTUAL, device, port, said), {VALUE: said}, (), key_of(INTERFACE, device, port))


def _mac_vrf(tree: Tree, instance: Tree, within: RowKey) -> Iterator[Row]:
    yield Row(within)
    yield from _distinguished(tree, instance, within, MAC_VRF_RD, MAC_VRF_TARGETS)
    for unit in values(instance, "interface"):
        if (port := interface_of(unit)) is not None:
            yield _member(MAC_VRF_PORTS, within, port)


def _vrf(tree: Tree, instance: Tree, vrf: RowKey, bgp: RowKey) -> Iterator[Row]:
    prefixes = section(instance, _PREFIXES) or {}
    for table, below in ((VRF_VNI, prefixes), (VRF_SYMMETRIC, section(instance, _SYMMETRIC) or {})):
        if (vni := value(below, "vni")) is not None:
            yield _setting(table, vrf, int(vni))
    if _has(prefixes, _SAYS):
        yield Row(bgp)
        yield from _distinguished(tree, instance, bgp, BGP_VRF_RD, BGP_VRF_TARGETS)
        for policy in values(prefixes, "export"):
            yield _member(BGP_VRF_REDISTRIBUTED, bgp, policy)


def _distinguished(tree: Tree, instance: Tree, within: RowKey, distinguisher: str, targets: str) -> Iterator[Row]:
    if (said := value(instance, "route-distinguisher")) is not None:
        yield _setting(distinguisher, within, said)
    for direction, target in (*_targets(instance), *vrf_policies.targets(tree, instance)):
        yield _member(targets, within, direction, target)


def _setting(table: str, within: RowKey, said: str | int) -> Row:
    return Row(RowKey(table, within.name), {VALUE: said}, (), within)


def _member(table: str, within: RowKey, *words: str) -> Row:
    return Row(RowKey(table, " ".join((within.name, *words))), {VALUE: words[-1]}, (), within)


def _tunnels(instance: Tree) -> bool:
    """Whether an instance is one of a VLAN, with all without which it tunnels nothing."""
    speaks = section(instance, _SPEAKS) or {}
    return _has(instance, _MAC_VRF) and _has(speaks, _TUNNELS) and value(instance, _SOURCE) is not None


def _has(below: Tree, wanted: dict[str, str]) -> bool:
    return all(value(below, word) == said for word, said in wanted.items())


def _targets(instance: Tree) -> list[tuple[str, str]]:
    """The route targets of an instance, with their directions; one without is for both."""
    found = []
    for statement in sorted(
        statements({line: each for line, each in instance.items() if line.startswith("vrf-target")})
    ):
        direction, _, target = statement.removeprefix("vrf-target ").rpartition(" ")
        for each in (direction,) if direction else BOTH:
            found.append((each, target.removeprefix(_TARGET)))
    return found


def write(tree: Tree, row: Row, places: dict[int, Path]) -> None:
    """Have a tree say what a row says; `places` are where VLANs stand by number, and are kept true.

    Raises:
        Conflict: an instance of that name is something else.
        Rejected: what it needs of the underlay is not there.
    """
    table, said = row.key.table, row.columns.get(VALUE)
    if table == POLICY:
        drop(tree, _POLICY)
        put(tree, (*_POLICY, _TERM, "then", "accept"))
        for protocol in ("direct", "static"):
            put(tree, (*_POLICY, _TERM, "from", f"protocol {protocol}"))
    elif table == TUNNEL_SOURCE:
        _begin(tree, str(said))
    elif table == VNI:
        _say(put(tree, (*places[int(parts_of(row.key)[0])], "vxlan")), "vni", said)
    elif table in _OF_MAC_VRF:
        _write_mac_vrf(tree, row, places)
    else:
        _write_vrf(tree, row)


def _begin(tree: Tree, source: str) -> None:
    """Have tunnels begin at an interface: also those of instances that began where the switch's own did."""
    options = put(tree, (_OPTIONS,))
    for instance in tree.get(INSTANCES, {}).values():
        if value(instance, _SOURCE) is not None and value(instance, _SOURCE) == value(options, _SOURCE):
            _say(instance, _SOURCE, source)
    _say(options, _SOURCE, source)


def refuse_other_source(tree: Tree, ops: Iterable[Op], ours: Collection[RowKey]) -> None:
    """See that tunnels do not begin elsewhere by others' hand.

    Raises:
        Conflict: they do.
    """
    held = value(tree.get(_OPTIONS, {}), _SOURCE)
    for op in ops:
        wanted = op.after.columns[VALUE] if op.key.table == TUNNEL_SOURCE and op.after is not None else held
        if held not in (None, wanted) and op.key not in ours:
            why = f"others configured `{_SOURCE} {held}` there"
            raise Conflict(why, key=str(op.key), remedy="declare that, or take it away there; nothing was changed")


def _write_mac_vrf(tree: Tree, row: Row, places: dict[int, Path]) -> None:
    number = int(parts_of(row.key)[0])
    path = places[number]
    if row.key.table != MAC_VRF:
        _write_part(put(tree, path[:2]), row)
        return
    source, name = _underlay(tree, row), path[1]
    if path[0] != INSTANCES:
        name = f"vlan{number}"
        places[number] = _moved(tree, path, (INSTANCES, name, "vlans"))
    instance = put(tree, (INSTANCES, name))
    kind = value(instance, "instance-type")
    if kind not in (None, _MAC_VRF["instance-type"]):
        raise Conflict(f"the device has an instance of that name, a {kind}", key=f"{device_of(row.key)} {name}",
                       remedy="call it otherwise there")  # fmt: skip
    for word, said in _MAC_VRF.items():
        _say(instance, word, said)
    if value(instance, _SOURCE) is None:
        _say(instance, _SOURCE, source)
    speaks = put(instance, _SPEAKS)
    for word, said in _TUNNELS.items():
        _say(speaks, word, said)
    if value(speaks, _GATEWAY) is None:
        _say(speaks, _GATEWAY, "do-not-advertise")


def _write_vrf(tree: Tree, row: Row) -> None:
    table, said = row.key.table, row.columns.get(VALUE)
    instance = put(tree, (INSTANCES, parts_of(row.key)[0]))
    if table == BGP_VRF:
        _underlay(tree, row)
        _say(instance, "instance-type", "vrf")
        for word, how in _SAYS.items():
            _say(put(instance, _PREFIXES), word, how)
    elif table in (VRF_VNI, VRF_SYMMETRIC):
        _say(put(instance, _PREFIXES if table == VRF_VNI else _SYMMETRIC), "vni", said)
    elif table == BGP_VRF_REDISTRIBUTED:
        put(instance, (*_PREFIXES, f"export {said}"))
    else:
        _write_part(instance, row)


def _write_part(instance: Tree, row: Row) -> None:
    """What both kinds of instances have."""
    table, said = row.key.table, str(row.columns[VALUE])
    if table == MAC_VRF_PORTS:
        put(instance, (f"interface {unit_of(said)}",))
    elif table in (MAC_VRF_RD, BGP_VRF_RD):
        _say(instance, "route-distinguisher", said)
    else:
        direction = parts_of(row.key)[-2]
        if policies := values(instance, f"vrf-{direction}"):
            raise Conflict(f"others say what it {direction}s in the policy {policies[0]}", key=str(row.key),
                           remedy="say it there, or take the policy away from the instance")  # fmt: skip
        _write_targets(instance, {**dict(_targets(instance)), direction: said})


def _write_targets(instance: Tree, targets: dict[str, str]) -> None:
    for line in [line for line in instance if line.startswith("vrf-target")]:
        del instance[line]
    for direction, target in targets.items():
        put(instance, ("vrf-target", f"{direction} {_TARGET}{target}"))


def _say(below: Tree, word: str, said: object) -> None:
    """Have a section say a statement that holds one value."""
    if value(below, word) != str(said):
        for line in [line for line in below if line.startswith(f"{word} ")]:
            del below[line]
        below[f"{word} {said}"] = {}


def _underlay(tree: Tree, row: Row) -> str:
    """The interface at which tunnels begin. Raises Rejected: there is none, or no BGP that speaks EVPN."""
    source = value(tree.get(_OPTIONS, {}), _SOURCE)
    speaks = any("family evpn" in each for each in statements(section(tree, ("protocols", "bgp")) or {}))
    for lacking, there in ((f"{_OPTIONS} {_SOURCE}", source), ("protocols bgp ... family evpn", speaks)):
        if not there:
            raise Rejected(f"the switch has no statement {lacking!r}", key=device_of(row.key),
                           remedy="configure it there: it is the underlay's, which is not cpal's")  # fmt: skip
    return str(source)


def _moved(tree: Tree, path: Path, above: Path) -> Path:
    """Where a VLAN stands, once it is moved there."""
    put(tree, above)[path[-1]] = section(tree, path) or {}
    drop(tree, path)
    return (*above, path[-1])


def erase(tree: Tree, before: Tree, row: Row, places: dict[int, Path]) -> None:
    """Have a tree say nothing of a row, with the sections that are empty without it and were not `before`."""
    table, parts = row.key.table, parts_of(row.key)
    path = places.get(int(parts[0])) if table in _OF_MAC_VRF or table == VNI else None
    if table == POLICY:
        drop(tree, _POLICY)
    elif table == TUNNEL_SOURCE and not _tunnels_of_others(tree):
        _erase_line(tree, (_OPTIONS,), _SOURCE)
    elif table == VNI and path:
        _erase_line(tree, (*path, "vxlan"), "vni")
    elif table in _OF_MAC_VRF and path and path[0] == INSTANCES:
        if table == MAC_VRF:
            places[int(parts[0])] = _moved(tree, path, ("vlans",))
            drop(tree, path[:2])
        else:
            _erase_part(tree, path[:2], row)
    elif table in _OF_VRF and section(tree, (INSTANCES, parts[0])) is not None:
        _erase_of_vrf(tree, (INSTANCES, parts[0]), row)
    for above in (_POLICY[:1], (INSTANCES,)):
        if section(tree, above) == {} and section(before, above) != {}:
            drop(tree, above)


def _tunnels_of_others(tree: Tree) -> bool:
    """Whether something begins where the switch's tunnels do, once cpal's is gone."""
    vlans = ((section(tree, path) or {}).get("vxlan") for path in Vlans(tree).paths.values())
    more = [line for line in others_options(tree.get(_OPTIONS, {})) if not line.startswith(f"{_SOURCE} ")]
    return any(vlans) or bool(more)


def _erase_of_vrf(tree: Tree, path: Path, row: Row) -> None:
    table = row.key.table
    if table == BGP_VRF:
        drop(tree, (*path, *_PREFIXES))
        drop(tree, (*path, *_SYMMETRIC))
        _say(put(tree, path), "instance-type", "virtual-router")
    elif table in (VRF_VNI, VRF_SYMMETRIC):
        _erase_line(tree, (*path, *(_PREFIXES if table == VRF_VNI else _SYMMETRIC)), "vni")
    elif table == BGP_VRF_REDISTRIBUTED:
        drop(tree, (*path, *_PREFIXES, f"export {row.columns[VALUE]}"))
    else:
        _erase_part(tree, path, row)
    for depth in (len(_SPEAKS), 1):
        if section(tree, (*path, *_SPEAKS[:depth])) == {}:
            drop(tree, (*path, *_SPEAKS[:depth]))


def _erase_part(tree: Tree, path: Path, row: Row) -> None:
    instance, said = put(tree, path), str(row.columns[VALUE])
    if row.key.table == MAC_VRF_PORTS:
        instance.pop(f"interface {unit_of(said)}", None)
    elif row.key.table in (MAC_VRF_RD, BGP_VRF_RD):
        instance.pop(f"route-distinguisher {said}", None)
    else:
        held = (parts_of(row.key)[-2], said)
        if [each for each in vrf_policies.targets(tree, instance) if each[0] == held[0]] == [held]:
            for policy in values(instance, f"vrf-{held[0]}"):
                instance.pop(f"vrf-{held[0]} {policy}")
        _write_targets(instance, dict(each for each in _targets(instance) if each != held))


def _erase_line(tree: Tree, path: Path, word: str) -> None:
    below = section(tree, path) or {}
    for line in [line for line in below if line.startswith(f"{word} ")]:
        del below[line]
    if not below:
        drop(tree, path)
