"""Emulated Junos switches, and hands on them, which type statements where those of other makes type lines."""

from __future__ import annotations

from typing import Any

from cpal.core.rows import Row
from cpal.lab.emulate.junos.text import as_set, load_text
from cpal.lab.emulate.tree import Node
from tests.conformance.switch_site import SwitchSite

LISTED = "interfaces {0} unit 0 family ethernet-switching vlan"
HANDS = {
    "interface.description": ("interfaces {0} description", '"by hand"'),
    "interface.mtu": ("interfaces {0} mtu", "1234"),
    "interface.access_vlan": (LISTED, "members 999"),
}
"""How a setting is changed by hand: what goes, and what comes in its place."""
ROUTING_MTU = ("interfaces {0} family inet mtu", "1234")
"""The same of the MTU of a unit."""
THEIRS = (
    "set vlans theirs vlan-id 3999",
    "set interfaces ge-0/0/8 description theirs",
    "set interfaces ge-0/0/8 unit 0 family ethernet-switching vlan members theirs",
    "set system ntp server 192.0.2.77",
)
"""What is not cpal's."""
MARKS = ("theirs", "3999", "192.0.2.77")
"""What it is known by."""


class JunosSite(SwitchSite):
    """Two switches."""

    editable = frozenset((*HANDS, "vlan.name"))

    def edit(self, row: Row) -> None:
        """Change a setting by hand; another name takes all of its VLAN along."""
        if row.key.table == "vlan.name":
            device, number = row.key.name.split()
            path, name = self._vlan(row), f"byhand-{number}"
            new = [
                each.replace(f" vlans {row.columns['value']} ", f" vlans {name} ") for each in self._said(device, path)
            ]
            self._commit(row, f"delete {path}", *new)
            return
        path, value = _hand(row)
        self._commit(row, f"delete {path}", f"set {path} {value}")

    def remove(self, row: Row) -> None:
        """Take a setting away by hand; a name goes with its VLAN."""
        is_name = row.key.table == "vlan.name"
        self._commit(row, f"delete {self._vlan(row) if is_name else _hand(row)[0]}")

    def _vlan(self, row: Row) -> str:
        """Where the VLAN of a name stands: at the switch, or in an instance of its own."""
        device, number = row.key.name.split()
        name, own = row.columns["value"], f"routing-instances vlan{number} "
        return f"{own if self._said(device, f'{own}vlans') else ''}vlans {name}"

    def _said(self, device: str, path: str) -> list[str]:
        """What is said below a path, as it is typed."""
        root = Node()
        load_text(root, self.hands[device].shown())
        return [line for line in as_set(root) if line.startswith(f"set {path} ")]

    def squat(self, row: Row) -> None:
        """Make a VLAN by hand."""
        self._commit(row, "set vlans theirs-{0} vlan-id {0}")

    def _commit(self, row: Row, *lines: str) -> None:
        device, *parts = row.key.name.split()
        self.hands[device].type(*(line.format(*parts) for line in lines))

    def add_foreign(self) -> None:
        """Make a VLAN, have a port in it, and name a time server."""
        for hand in self.hands.values():
            hand.type(*THEIRS)

    def foreign(self) -> Any:
        """What is shown of that."""
        return [[line for line in text.splitlines() if any(word in line for word in MARKS)] for text in self.dump()]


def _hand(row: Row) -> tuple[str, str]:
    is_unit = row.key.table == "interface.mtu" and "." in row.key.name
    return ROUTING_MTU if is_unit else HANDS[row.key.table]
