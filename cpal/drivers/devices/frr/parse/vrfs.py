"""FRR: its VRFs, and what it asks in each of them.

A VRF is a device of the kernel, or a network namespace where zebra runs with `--vrfwnetns`. Some answers over all VRFs
lose interfaces of the same name, or are several JSON texts; so each VRF is asked for itself.
Source: FRR user manual, "VRF"; zebra(8).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Generator
from typing import Any, NamedTuple

from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Questions

DEFAULT = "default"
LINE = re.compile(r"^vrf (\S+) (?:id \d+|inactive)(?: (?:table (?P<table>\d+)|netns (?P<netns>\S+)))?", re.MULTILINE)
SHOW_VRF = Ask("vtysh -c 'show vrf'", TEXT)
Tables = dict[str, dict[str, Any]]


class Vrf(NamedTuple):
    """A VRF, and the network namespace that it is, empty for none."""

    name: str
    namespace: str = ""

    @property
    def told(self) -> str | None:
        """Its name in typed values, where the default one has none."""
        return None if self.name == DEFAULT else self.name


def vtysh(command: str, form: str = JSON, *, optional: bool = False) -> Ask:
    """A question to FRR's own shell."""
    return Ask(f"vtysh -c {shlex.quote(command)}", form, optional)


def vrfs(told: str) -> tuple[Vrf, ...]:
    """The default VRF and the others, from `show vrf`."""
    found = [Vrf(each[1], (each["netns"] or "").rpartition("/")[2]) for each in LINE.finditer(told)]
    return (Vrf(DEFAULT), *(each for each in found if each.name != DEFAULT))


def in_each(command: str) -> Generator[Questions, tuple[Any, ...], list[tuple[Vrf, Any]]]:
    """Every VRF with its answer to a command, in which `{vrf}` stands for it."""
    (told,) = yield (SHOW_VRF,)
    found = vrfs(told)
    answers = yield tuple(vtysh(command.format(vrf=each.name), optional=True) for each in found)
    return [(vrf, answer or {}) for vrf, answer in zip(found, answers, strict=True)]


def interfaces_in_each() -> Generator[Questions, tuple[Any, ...], list[tuple[Vrf, str, dict[str, Any]]]]:
    """Every interface with its VRF, the default one's first; a namespace's own loopback is none of the device's."""
    found = yield from in_each("show interface vrf {vrf} json")
    return [
        (vrf, name, told)
        for vrf, tables in found
        for name, told in tables.items()
        if told.get("vrfName", vrf.name) == vrf.name and not (vrf.namespace and name == "lo")
    ]
