"""Trunks of a leaf that carry networks, in a Junos configuration: a unit for each VLAN. Pure.

Theory. A network of a leaf is in an EVPN instance of its own (`render_leaf`), and Junos has a unit in one instance. A
trunk whose VLANs are all the switch's own is one unit with a list of them; one that carries a VLAN of an instance has a
unit for each of its VLANs, called by its number, which takes the frames with its tag and is named by the VLAN, wherever
that stands: "service provider style" to Juniper, on "flexible Ethernet services". Untagged frames belong to the unit
whose tag is the `native-vlan-id`. An instance need not change for it, nor its route targets, nor what leaves of other
makes offer and expect: the VLAN-based service.

Ops are done to trunks of one unit alone: cpal's are `joined` before, and `split` after where they must. So the form
follows from what is to be, and a trunk comes to its other form when one of its VLANs moves into an instance.

Such an interface may have two tags, which its MTU counts.

Source: Junos OS "Flexible Ethernet Services Encapsulation"; EVPN User Guide, "VXLAN Constraints on EX Series, QFX
Series, PTX Series, and ACX Series Devices"; Juniper Validated Designs, MAC-VRF of the VLAN-based service on QFX5120;
netlab's pull request 2098; of the MTU, netlab's devices/junos.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cpal.drivers.devices.junos.text import quoted, value, values
from cpal.drivers.devices.junos.vlans import INTERFACES, SWITCHING, UNIT, Vlans
from cpal.drivers.devices.parse.tree import Tree, copied, drop, numbers, put, section, spans
from cpal.errors import Conflict
from cpal.model.switch import TRUNK

HEADER, TAGS = 14, 8
"""The octets of an Ethernet header, and of two tags."""
_MOST = 9216
"""Of an MTU, with all that it counts. Source: CLI Reference, "mtu", of the QFX series."""
MOST_MTU = _MOST - HEADER - TAGS
"""Of a trunk of several units, in octets of the packet."""
_FLEXIBLE, _SERVICES = "flexible-vlan-tagging", "encapsulation flexible-ethernet-services"
_BRIDGED, _ALL_BRIDGED = "encapsulation vlan-bridge", "encapsulation extended-vlan-bridge"
_MODE = f"interface-mode {TRUNK}"


def overhead(own: Tree) -> int:
    """The octets that the MTU of a physical interface counts beyond the packet."""
    return HEADER + (TAGS if _FLEXIBLE in own else 0)


def _units(own: Tree) -> dict[str, int]:
    """The units of an interface that bridge the frames of one tag each."""
    found = {}
    for line, unit in own.items():
        tag = value(unit, "vlan-id")
        if line.startswith("unit ") and tag and tag.isdecimal() and (_BRIDGED in unit or _ALL_BRIDGED in own):
            found[line.removeprefix("unit ")] = int(tag)
    return found


def said(port: str, own: Tree, known: Vlans) -> str | None:
    """The VLANs that a trunk of such units carries, as `10,20-22`, or why no numbers say it; None where it is none.

    A unit that its VLAN does not name is in none, unless the switch has no VLAN of that number.
    """
    units = _units(own)
    if not units:
        return None
    if SWITCHING in own.get(UNIT, {}):
        return f"a list of {UNIT} and units beside it"
    bound = {unit: known.bound.get(f"{port}.{unit}") for unit in units}
    other = [unit for unit, number in units.items() if bound[unit] not in (None, number)]
    if other:
        return f"unit {other[0]} of VLAN {bound[other[0]]}"
    return spans(tuple(n for unit, n in units.items() if bound[unit] == n or n not in known.paths))


def said_of_one(members: str, known: Vlans) -> str:
    """The VLANs that a trunk of one unit carries; with that said where some are an instance's, which it has not all."""
    return f"{UNIT} with {members}" if known.apart & {*_numbers(members)} else members


def _numbers(members: str) -> list[int]:
    return numbers(members) if members[:1].isdigit() else []


def of_cpal(tree: Tree, ports: Collection[str]) -> set[str]:
    """Which of these ports are such trunks as cpal writes them."""
    known, interfaces = Vlans(tree), tree.get(INTERFACES, {})
    found = {port: interfaces[port] for port in ports if said(port, interfaces.get(port, {}), known) is not None}
    return {
        port for port, own in found.items() if _is_plain(own) and any(map(known.may_be_apart, _units(own).values()))
    }


def _is_plain(own: Tree) -> bool:
    units = _units(own)
    usual = all(own[f"unit {unit}"].keys() == {_BRIDGED, f"vlan-id {unit}"} for unit in units)
    return usual and _FLEXIBLE in own and _SERVICES in own


def joined(tree: Tree, ports: Collection[str]) -> Tree:
    """A tree in which these ports, if they are such trunks, are trunks of one unit."""
    known, found = Vlans(tree), copied(tree)
    for port in ports:
        own = found.get(INTERFACES, {}).get(port, {})
        members = said(port, own, known)
        if members is None:
            continue
        for unit in _units(own):
            del own[f"unit {unit}"]
            for path in known.paths.values():
                drop(found, (*path, f"interface {port}.{unit}"))
        if not any(value(unit, "vlan-id") for unit in own.values()):
            _resize(own, -TAGS if _FLEXIBLE in own else 0)
            for line in (_FLEXIBLE, "vlan-tagging", _SERVICES, _ALL_BRIDGED):
                own.pop(line, None)
        put(own, (UNIT, SWITCHING, _MODE))
        for member in known.written(members) if _numbers(members) else ():
            put(own, (UNIT, SWITCHING, "vlan", f"members {quoted(member)}"))
    return found


def split(tree: Tree, ports: Collection[str]) -> None:
    """Have those of these ports that are trunks of one unit, and carry a VLAN of an instance, be of several.

    Raises:
        Conflict: others configured something that cannot stand beside.
    """
    known = Vlans(tree)
    for port in ports:
        own = tree.get(INTERFACES, {}).get(port, {})
        family = section(own, (UNIT, SWITCHING)) or {}
        members = known.said(values(family.get("vlan", {}), "members"))
        if _MODE in family and known.apart & {*_numbers(members)}:
            _refuse_beside(port, own, _numbers(members))
            _resize(own, 0 if _FLEXIBLE in own else TAGS)
            del own[UNIT]
            own |= {_FLEXIBLE: {}, _SERVICES: {}}
            for number in _numbers(members):
                own[f"unit {number}"] = {_BRIDGED: {}, f"vlan-id {number}": {}}
                if number in known.paths:
                    put(tree, (*known.paths[number], f"interface {port}.{number}"))


def bind(tree: Tree, before: Tree, ports: Collection[str]) -> None:
    """Have VLANs that were not there `before` name the units of these ports which take their frames.

    Such units are left where others configured something in one, for which a trunk is not `joined`.
    """
    known, had = Vlans(tree), Vlans(before)
    for port in ports:
        for unit, number in _units(tree.get(INTERFACES, {}).get(port, {})).items():
            if number in known.paths and number not in had.paths and f"{port}.{unit}" not in known.bound:
                put(tree, (*known.paths[number], f"interface {port}.{unit}"))


def keep_mtus(tree: Tree, before: Tree, ports: Iterable[str]) -> None:
    """Have the MTUs of ports be as they were `before`, as others said them."""
    for port in ports:
        own, held = (of.get(INTERFACES, {}).get(port, {}) for of in (tree, before))
        if (said := value(held, "mtu")) is not None and (now := value(own, "mtu")) is not None:
            _resize(own, int(said) - int(now))


def _resize(own: Tree, octets: int) -> None:
    if octets and (said := value(own, "mtu")) is not None:
        del own[f"mtu {said}"]
        own[f"mtu {int(said) + octets}"] = {}


def _refuse_beside(port: str, own: Tree, carried: Collection[int]) -> None:
    """Raise Conflict: an interface has what goes not with a unit for each VLAN that it carries."""
    unit, taken = own[UNIT], {f"unit {number}" for number in carried}
    beside = [
        *(line for line in unit[SWITCHING] if line not in (_MODE, "vlan")),
        *(line for line in unit if line != SWITCHING),
        *(line for line in own if line.startswith("encapsulation ") and line != _SERVICES),
        *(line for line, below in own.items() if line in taken or _is_untagged(line, below)),
        *(line for line in own if line == "vlan-tagging"),
    ]
    if beside:
        why = f"a trunk with networks has a unit for each of its VLANs, and others configured {beside[0]!r} there"
        raise Conflict(why, key=port, remedy="take it away there first")


def _is_untagged(line: str, below: Tree) -> bool:
    return line.startswith("unit ") and line != UNIT and value(below, "vlan-id") is None
