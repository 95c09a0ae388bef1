"""Emulated switches of a make, and hands on them, which know nothing of cpal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from cpal.core.driver import Backend
from cpal.core.rows import Row
from cpal.engine.targets import connect
from cpal.lab.emulate.fleet import USER
from cpal.model.target import Target
from tests.support.emulated import Running
from tests.support.switch_estates import SWITCHES
from tests.support.switch_makes import SwitchMake

HANDS = {
    "interface.description": ("interface {0}", "description", "by hand"),
    "interface.mtu": ("interface {0}", "mtu", "1234"),
    "interface.access_vlan": ("interface {0}", "switchport access vlan", "999"),
    "vlan.name": ("vlan {0}", "name", "byhand"),
}
"""How a setting is changed by hand: its section, its words, another value."""
UNDERLAY = ("ip routing", "interface Vxlan1", "vxlan source-interface Loopback0", "router bgp 64601")
"""What a leaf has before there are tenants."""
THEIRS = ("vlan 3966", "interface Ethernet8", "ntp server 192.0.2.9")
"""Lines that are not cpal's, some with more below them."""


class SwitchSite:
    """Two switches; `editable` and `nameable` as `tests.conformance.backend.Site` says."""

    editable = frozenset(HANDS)
    nameable = frozenset({"vlan"})

    def __init__(self, make: SwitchMake, running: Running, directory: Path) -> None:
        self.make = make
        self.running = running
        self.directory = directory
        self.hands = {name: make.hands(running, name) for name in SWITCHES}

    async def connect(self, owner: str) -> Backend:
        """A connection for the store `owner`."""
        endpoints = {name: self.make.address(self.running, name, USER) for name in SWITCHES}
        target = Target(id="site", name="site", driver=self.make.driver, endpoints=endpoints)
        return await connect(target, owner, self.directory / owner)

    def close(self) -> None:
        """Let go of the switches."""
        for hand in self.hands.values():
            hand.close()

    def wipe(self) -> None:
        """Make the switches as new leaves, of which no store knows anything."""
        shutil.rmtree(self.directory, ignore_errors=True)
        for name in SWITCHES:
            self.make.as_new(self.running, name, self.hands[name])
            if self.make.underlay:
                self.hands[name].type(*self.make.underlay)

    def edit(self, row: Row) -> None:
        """Change a setting by hand."""
        section, words, value = HANDS[row.key.table]
        self._type(row, section, f"{words} {value}")

    def remove(self, row: Row) -> None:
        """Take a setting away by hand."""
        section, words, _ = HANDS[row.key.table]
        self._type(row, section, f"no {words}")

    def squat(self, row: Row) -> None:
        """Make a VLAN by hand."""
        self._type(row, "vlan {0}")

    def _type(self, row: Row, section: str, *lines: str) -> None:
        device, *parts = row.key.name.split()
        self.hands[device].type(section.format(*parts), *lines)

    def add_foreign(self) -> None:
        """Make a VLAN, describe a port, and name a time server."""
        for hand in self.hands.values():
            more = ("description theirs", "switchport access vlan 3966")
            hand.type(*map(self.make.spoken, (THEIRS[0], "name theirs", THEIRS[1], *more, THEIRS[2])))

    def foreign(self) -> Any:
        """What is shown of that."""
        theirs = [self.make.spoken(line) for line in THEIRS]
        return [_sections(text, theirs) for text in self.dump()]

    def dump(self) -> Any:
        """The running configurations."""
        return [hand.shown() for hand in self.hands.values()]


def _sections(text: str, theirs: list[str]) -> list[str]:
    found, inside = [], False
    for line in text.splitlines():
        inside = line in theirs or (inside and line.startswith(" "))
        found += [line] if inside else []
    return found
