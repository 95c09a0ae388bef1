"""The makes of switches that are targets of documents, as the tests of all of them need each: words, hands, a new one.

Tests speak of ports as EOS does, `Ethernet1`; `spoken` says it as a make does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cpal.lab.emulate.device import Device
from tests.support.emulated import Eapi, Nxapi, Running


class Hands(Protocol):
    """Hands on a switch, which know nothing of cpal."""

    def type(self, *lines: str) -> None:
        """Configure lines, all of which are taken."""

    def shown(self, which: str = "running") -> str:
        """The running or the startup configuration, without what only says when it was shown."""

    def left(self) -> list[str]:
        """What is left of changes that were not confirmed."""

    def save(self) -> None:
        """Save what runs."""

    def close(self) -> None:
        """Let go of the switch."""


class EosHands:
    """Hands over eAPI."""

    def __init__(self, url: str) -> None:
        self.api = Eapi(url)

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


class NxosHands:
    """Hands over NX-API."""

    def __init__(self, url: str) -> None:
        self.api = Nxapi(url)

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


def _without(pattern: str, text: str) -> str:
    return "".join(f"{line}\n" for line in text.splitlines() if not re.fullmatch(pattern, line.strip()))


@dataclass(frozen=True)
class SwitchMake:
    """A make: its driver, its name, hands on a switch of it, and its words where they are not EOS's."""

    driver: str
    title: str
    hands: Callable[[str], Hands]
    wrong_mtu: str
    """One that the model has and the make does not take."""
    words: tuple[tuple[str, str], ...] = ()
    """Patterns of EOS's words, each with what the make says instead."""
    begins_with: tuple[str, ...] = ()
    """What is configured by hand before anything is declared."""
    commit: str = ""
    """A pattern of what begins the timer, for faults."""
    minute_s: float | None = None
    """How long a minute of its timers takes where a test waits for one; None where they count seconds."""
    plain: bool = True

    def spoken(self, text: str) -> str:
        """A text in the make's words."""
        for pattern, instead in self.words:
            text = re.sub(pattern, instead, text)
        return text

    def address(self, running: Running, name: str, user: str) -> str:
        """The address of a switch, for an endpoint."""
        return running[name].url.replace("http://", f"{self.driver}+http://{user}@")

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
    device.on_boot()
    device.minute_s = 60.0
    device.run(device.factory(device))
    device.save()


MAKES: Mapping[str, SwitchMake] = {
    "eos": SwitchMake("eos", "EOS", EosHands, "9216", commit="commit timer"),
    "nxos": SwitchMake(
        "nxos", "NX-OS", NxosHands, "575",
        words=((r"\bEthernet(\d)\b", r"Ethernet1/\1"), (r"\bLoopback(?=\d)", "loopback"), ("^   (?=name)", "  ")),
        begins_with=("feature interface-vlan",), commit="^scheduler job", minute_s=0.2,
    ),
}  # fmt: skip
"""The makes by their drivers."""
