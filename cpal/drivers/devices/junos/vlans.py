"""The VLANs of a Junos configuration, and how lists name them. Pure.

A VLAN is called by its name, and its number is in it. The list of a port names VLANs by either. cpal writes the name
where the device has such a VLAN, else the number, so that what it writes depends on nothing but what is to be.

Source: Junos OS "Ethernet Switching User Guide" (ELS).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cpal.drivers.devices.junos.text import value, values
from cpal.drivers.devices.parse.tree import Path, Tree, numbers, section, spans
from cpal.drivers.devices.render_switch import ALL

DEFAULT = "default"
"""The VLAN that a port is in which names none; its number is 1."""
INSTANCES, INTERFACES, UNIT = "routing-instances", "interfaces", "unit 0"
SWITCHING = "family ethernet-switching"
"""What makes a unit a port of the switch, and names its VLANs."""


class Vlans:
    """The VLANs of a configuration: those of the switch itself and those of its instances."""

    def __init__(self, tree: Tree) -> None:
        self.paths: dict[int, Path] = {}
        """Where each number stands."""
        self.numbers: dict[str, int] = {}
        """The number of each name."""
        self.bound: dict[str, int] = {}
        """The VLAN of each unit that is named by one."""
        for above in vlan_sections(tree):
            for line, below in (section(tree, above) or {}).items():
                number = value(below, "vlan-id")
                if number is not None and number.isdecimal():
                    self.paths.setdefault(int(number), (*above, line))
                    self.numbers.setdefault(line, int(number))
                    for unit in values(below, "interface"):
                        self.bound.setdefault(unit, int(number))
        self.names = {number: path[-1] for number, path in self.paths.items()}
        self.apart = {number for number, path in self.paths.items() if path[0] == INSTANCES}
        """Those that are an instance's."""

    def may_be_apart(self, number: int) -> bool:
        """Whether a VLAN is an instance's, or there is none of that number, which may have been."""
        return number in self.apart or number not in self.paths

    def number(self, member: str) -> int | None:
        """The number of a VLAN that is named by number or name, or None where there is none."""
        if member.isdecimal():
            return int(member)
        return self.numbers.get(member, 1 if member == DEFAULT else None)

    def member(self, number: int) -> str:
        """How cpal names a VLAN."""
        return self.names.get(number, DEFAULT if number == 1 else str(number))

    def said(self, members: Sequence[str]) -> str:
        """The VLANs that a list names: `10,20-22`, or `all`; a list that no numbers stand for as it is."""
        if members == [ALL]:
            return ALL
        found: list[int] = []
        for member in members:
            if re.fullmatch(r"\d+-\d+", member):
                found += numbers(member)
            elif (number := self.number(member)) is not None:
                found.append(number)
            else:
                return f"named {' '.join(members)}"
        return spans(tuple(found))

    def written(self, said: str) -> list[str]:
        """How cpal writes such a list: VLANs by name in the order of their numbers, then numbers without a VLAN."""
        if not said[:1].isdigit():
            return [said]
        each = numbers(said)
        loose = [number for number in each if number not in self.names and number != 1]
        return [*(self.member(n) for n in each if n not in loose), *(s for s in spans(tuple(loose)).split(",") if s)]


def vlan_sections(tree: Tree) -> Iterator[Path]:
    """The sections that VLANs stand in: the switch's own, and those of its instances."""
    yield ("vlans",)
    for instance, below in tree.get(INSTANCES, {}).items():
        if "vlans" in below:
            yield INSTANCES, instance, "vlans"
