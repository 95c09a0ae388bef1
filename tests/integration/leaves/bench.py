"""Two leaves that run FRR, what is declared on them, and hands that configure them by vtysh, without cpal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from cpal.lab.lab import Lab
from tests.integration.switches.rack import LEAVES, Rack

HEAD = """
targets:
  leaves:
    driver: frr
    encap: vxlan
    endpoints: {{leaf1: "file:{leaf1}", leaf2: "file:{leaf2}", spine1: "file:{spine1}"}}
"""
SPINE = "spine1"
"""A router that is no leaf: no host is declared there, and no staticd runs."""
PATIENCE_S = 30.0


class _Make(NamedTuple):
    """What `Rack` asks of a make of switches."""

    driver: str = "frr"

    def spoken(self, text: str) -> str:
        """As it is."""
        return text


class Leaves(Rack):
    """The leaves of a lab, and the program with a store of its own."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self.make = _Make()  # type: ignore[assignment]  # as much of it as is used here
        self.addresses = {name: str(lab.directory / name) for name in (*LEAVES, SPINE)}

    def close(self) -> None:
        """There is nothing to let go of."""

    def wipe(self) -> None:
        """Have the leaves be as new: what a test left there goes with the daemons' configuration that it came with."""
        for name in (*LEAVES, SPINE):
            self.shell(name, "rm -rf /run/frr/cpal")

    def declare(self, text: str) -> str:
        """A file that declares this on the leaves."""
        path = self.folder / "leaves.yaml"
        path.write_text(HEAD.format(**self.addresses) + text, encoding="utf-8")
        return str(path)

    def type(self, name: str, *lines: str) -> None:
        """Configure a leaf by hand."""
        said = self.vtysh(name, "configure terminal", *lines)
        assert "%" not in said, said

    def shown(self, name: str) -> str:
        """What all daemons of a leaf run."""
        return self.vtysh(name, "show running-config")

    def vtysh(self, name: str, *commands: str) -> str:
        """What vtysh prints."""
        return self.shell(name, " ".join(["vtysh", *(f"-c '{command}'" for command in commands)]))

    def asked(self, name: str, command: str) -> Any:
        """The same, of a command that answers in JSON."""
        return json.loads(self.vtysh(name, f"{command} json") or "{}")

    def shell(self, name: str, script: str) -> str:
        """What a shell on a machine prints."""
        done = self.lab.run(name, ["sh", "-ec", script])
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what daemons have to tell each other first."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, "it does not come about"
            time.sleep(0.1)

    def joined(self, name: str, *vrfs: str) -> None:
        """Have two VRFs of a leaf be joined by a cable, whose ends are `eth0`, with the first two hosts of a prefix."""
        self.shell(name, f"ip link add eth0 netns {vrfs[0]} type veth peer name eth0 netns {vrfs[1]}")
        for n, vrf in enumerate(vrfs, start=1):
            for address in (f"192.0.2.{n}/24", f"2001:db8::{n}/64"):
                self.shell(name, f"ip -n {vrf} address add {address} dev eth0 nodad")
            self.shell(name, f"ip -n {vrf} link set eth0 up")

    def with_vrf(self, name: str, vrf: str) -> None:
        """Have a leaf have a VRF that somebody made there, which is a network namespace."""
        self.shell(name, f"ip netns add {vrf}")
        self.until(lambda: f"vrf {vrf} id" in self.vtysh(name, "show vrf"))

    def without_vrf(self, name: str, vrf: str) -> None:
        """Take it away again."""
        self.shell(name, f"ip netns delete {vrf}")
        self.until(lambda: f"vrf {vrf} id" not in self.vtysh(name, "show vrf"))
        if f"vrf {vrf} inactive" in self.vtysh(name, "show vrf"):
            self.type(name, f"no vrf {vrf}")
