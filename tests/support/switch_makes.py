"""The makes of switches that are targets of documents, as the tests of all of them need each: words, hands, a new one.

Tests speak of ports as EOS does, `Ethernet1`; `spoken` says it as a make does.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from cpal.engine.ssh import CONFIGURATION
from cpal.lab.emulate.device import Device
from cpal.lab.emulate.ios import configuration as ios
from tests.support.emulated import Eapi, Nxapi, Running
from tests.support.junos_hands import JunosHands
from tests.support.netlab import MODULES


class Hands(Protocol):
    """Hands on a switch, which know nothing of cpal."""

    def type(self, *lines: str) -> None:
        """Configure lines, all of which are taken."""

    def load_texts(self, texts: Iterable[str]) -> None:
        """Have whole configurations taken."""

    def shown(self, which: str = "running") -> str:
        """The running or the startup configuration, without what only says when it was shown."""

    def left(self) -> list[str]:
        """What is left of changes that were not confirmed."""

    def save(self) -> None:
        """Save what runs."""

    def close(self) -> None:
        """Let go of the switch."""


class LineHands:
    """Hands that type lines."""

    def type(self, *lines: str) -> None:
        """Configure lines, all of which are taken."""
        raise NotImplementedError

    def load_texts(self, texts: Iterable[str]) -> None:
        """As `Hands`."""
        for text in texts:
            self.type(*(line for line in text.splitlines() if line.strip() and "hostname" not in line))


class EosHands(LineHands):
    """Hands over eAPI."""

    def __init__(self, running: Running, name: str) -> None:
        self.api = Eapi(running[name].url)

    def type(self, *lines: str) -> None:
        """As `Hands`."""
        self.api.run("enable", "configure", *lines)

    def shown(self, which: str = "running") -> str:
        """As `Hands`."""
        return _without(r"!.*", self.api.text(f"show {which}-config"))

    def left(self) -> list[str]:
        """As `Hands`."""
        sessions = self.api.run("show configuration sessions")[0]["sessions"]
        return sorted(name for name, each in sessions.items() if each["state"].startswith("pending"))

    def save(self) -> None:
        """As `Hands`."""
        self.api.run("enable", "write memory")

    def close(self) -> None:
        """As `Hands`."""
        self.api.close()


class NxosHands(LineHands):
    """Hands over NX-API."""

    def __init__(self, running: Running, name: str) -> None:
        self.api = Nxapi(running[name].url)

    def type(self, *lines: str) -> None:
        """As `Hands`."""
        self.api.configure(*lines)

    def shown(self, which: str = "running") -> str:
        """As `Hands`."""
        return _without(r"!.*", self.api.text(f"show {which}-config"))

    def left(self) -> list[str]:
        """As `Hands`."""
        jobs = [line for line in self.shown().splitlines() if line.startswith("scheduler")]
        return [*self.api.text("show checkpoint summary").splitlines(), *jobs]

    def save(self) -> None:
        """As `Hands`."""
        self.api.configure("copy running-config startup-config")

    def close(self) -> None:
        """As `Hands`."""
        self.api.close()


class IosHands(LineHands):
    """Hands at the console: what is typed goes into the emulator itself."""

    def __init__(self, running: Running, name: str) -> None:
        self.running, self.name = running, name

    def type(self, *lines: str) -> None:
        """As `Hands`."""
        self.running.do(self.name, lambda device: self._type(device, lines))

    def _type(self, device: Device, lines: Iterable[str]) -> None:
        editor = ios.editing(device, device.running)
        for line in lines:
            ios.typed(editor, line)

    def shown(self, which: str = "running") -> str:
        """As `Hands`."""
        found = self.running.do(self.name, lambda device: ios.lines(getattr(device, which)))
        return _without(r"!.*", "\n".join(found))

    def left(self) -> list[str]:
        """As `Hands`."""
        return [line for line in self.shown().splitlines() if line.startswith("alias")]

    def save(self) -> None:
        """As `Hands`."""
        self.running.do(self.name, lambda device: device.save())

    def close(self) -> None:
        """As `Hands`."""


def _without(pattern: str, text: str) -> str:
    return "".join(f"{line}\n" for line in text.splitlines() if not re.fullmatch(pattern, line.strip()))


@dataclass(frozen=True)
class SwitchMake:
    """A make: its driver, its name, hands on a switch of it, and its words where they are not EOS's."""

    driver: str
    title: str
    hands: Callable[[Running, str], Hands]
    wrong_mtu: str
    """One that the model has and the make does not take."""
    words: tuple[tuple[str, str], ...] = ()
    """Patterns of EOS's words, each with what the make says instead."""
    begins_with: tuple[str, ...] = ()
    """What is configured by hand before anything is declared."""
    underlay: tuple[str, ...] = ()
    """What is, before it is a leaf of a fabric; none where it cannot be one."""
    prepare: str = ""
    commit: str = ""
    confirm: str = ""
    """Patterns of what makes the candidate, begins the timer and ends it, for faults."""
    minute_s: float | None = None
    """How long a minute of its timers takes where a test waits for one; None where they count seconds."""
    plain: bool = True
    """Whether it is spoken to over HTTP."""
    has_lines: bool = True
    """Whether hands type lines in sections, as EOS has them."""
    routed: tuple[str, ...] = ()
    """Ports that are routed on a new switch, by its configuration."""
    netlab: str = ""
    """What netlab calls it, where that is not its driver."""
    modules: str = MODULES
    """What of it netlab configures."""

    def spoken(self, text: str) -> str:
        """A text in the make's words."""
        for pattern, instead in self.words:
            text = re.sub(pattern, instead, text)
        return text

    def address(self, running: Running, name: str, user: str) -> str:
        """The address of a switch, for an endpoint."""
        scheme = f"{self.driver}+http" if self.plain else self.driver
        return f"{scheme}://{user}@{running[name].host}:{running[name].port}"

    def as_new(self, running: Running, name: str, hands: Hands) -> None:
        """Make a switch as new, with no session and no fault."""
        running.do(name, _renew)
        if self.begins_with:
            hands.type(*self.begins_with)
            hands.save()

    def hasten(self, running: Running, name: str) -> None:
        """Have a switch's minutes go by soon."""
        if self.minute_s is not None:
            running.do(name, lambda device: setattr(device, "minute_s", self.minute_s))


def _renew(device: Device) -> None:
    device.faults.clear()
    device.minute_s = 60.0
    device.run(device.factory(device))
    device.save()
    device.on_boot()


def let_in(running: Running, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Have the host keys of the switches that are reached over SSH known, and no keys of this machine tried."""
    known = folder / "known_hosts"
    ports = [str(each.port) for each in running.fleet.devices.values() if not each.scheme.startswith("http")]
    scans = [["ssh-keyscan", "-p", port, "127.0.0.1"] for port in ports]
    found = [subprocess.run(words, capture_output=True, text=True, check=True).stdout for words in scans]
    known.write_text("".join(found), encoding="utf-8")
    config = folder / "ssh_config"
    config.write_text(f"Host *\n  UserKnownHostsFile {known}\n  IdentitiesOnly yes\n", encoding="utf-8")
    patch.setenv(CONFIGURATION, str(config))


MAKES: Mapping[str, SwitchMake] = {
    "eos": SwitchMake(
        "eos", "EOS", EosHands, "9216",
        prepare=r"^configure session \S+$", commit="commit timer", confirm=r"^configure session \S+ commit$",
        underlay=("ip routing", "interface Vxlan1", "vxlan source-interface Loopback0", "router bgp 64601",
                  "bgp log-neighbor-changes"),
    ),
    "nxos": SwitchMake(
        "nxos", "NX-OS", NxosHands, "575",
        words=((r"\bEthernet(\d)\b(?!/)", r"Ethernet1/\1"), (r"\bLoopback(?=\d)", "loopback"),
               (r"\bPort-Channel(?=\d)", "port-channel"), ("^   (?=name)", "  ")),
        underlay=("feature bgp", "feature nv overlay", "feature vn-segment-vlan-based", "nv overlay evpn",
                  "interface nve1", "host-reachability protocol bgp", "source-interface loopback0", "router bgp 64601",
                  "log-neighbor-changes"),
        begins_with=("feature interface-vlan", "feature lacp", "feature vpc", "feature ospf"),
        prepare=r"^checkpoint \S+ description",
        commit="^scheduler job", confirm="^copy running-config startup-config", minute_s=0.2,
    ),
    "junos": SwitchMake(
        "junos", "Junos", lambda running, name: JunosHands(running[name].url), "9203",
        words=((r"\bEthernet(\d)\b", r"ge-0/0/\1"), (r"\bVlan(\d+)\b", r"irb.\1"), (r"\bLoopback(\d)", r"lo0.\1")),
        prepare="^<load-configuration .*action", commit="<confirmed", confirm=" confirmed</log>", minute_s=1.0,
        plain=False, has_lines=False,
        underlay=("set switch-options vtep-source-interface lo0.0",
                  "set protocols bgp group spines neighbor 10.255.0.254 family evpn signaling"),
    ),
    "ios": SwitchMake(
        "ios", "IOS", IosHands, "9200",
        words=((r"\bEthernet(\d)\b", r"GigabitEthernet0/\1"), (r"\bPort-Channel(?=\d)", "Port-channel"),
               (r"ip address ([\d.]+)/24\b", r"ip address \1 255.255.255.0"),
               (r"ip address ([\d.]+)/31\b", r"ip address \1 255.255.255.254"),
               (r"ip address ([\d.]+)/32\b", r"ip address \1 255.255.255.255"),
               (r"ip route 0.0.0.0/0 ", "ip route 0.0.0.0 0.0.0.0 ")),
        begins_with=("vtp mode transparent",), prepare="^show running-config",
        commit="^configure terminal revert timer", confirm="^configure confirm", minute_s=3.0, plain=False,
        routed=("GigabitEthernet0/0",), netlab="iosvl2", modules="vlan, vrf, bgp, ospf, routing",
    ),
}  # fmt: skip
"""The makes by their drivers."""
LINES = sorted(name for name, make in MAKES.items() if make.has_lines)
"""Those whose configuration is lines."""
