"""Ansible's inventory as an INI file: `[group]`, `[group:vars]`, `[group:children]`, and hosts with variables.

Source: Ansible documentation, "Building an inventory", the plug-in `ini`.
"""

from __future__ import annotations

import re
import shlex
from typing import Any

from cpal.errors import Fault, Faults
from cpal.faces.device.inventory.ansible import DRIVERS, entry, layered
from cpal.faces.device.inventory.ansible_vars import SECRETS, TEMPLATE, Beside, Secret
from cpal.faces.device.inventory.own import REFERENCE
from cpal.model.device.entry import Entry

SECTION = re.compile(r"^\[([^\]:]+)(?::(vars|children))?\]$")
RANGE = re.compile(r"\[(\d+):(\d+)\]")


def devices(text: str, file: str, beside: Beside) -> tuple[Entry, ...]:
    """The hosts of all groups, each once.

    Raises:
        Faults: what is wrong, each with file:line:column.
    """
    reading = _Reading(file, beside)
    for number, line in enumerate(text.splitlines(), 1):
        reading.line(number, line.strip())
    found = reading.entries()
    if faults := (*reading.faults, *beside.faults):
        raise Faults(faults)
    return found


class _Reading:
    """An inventory as it is read."""

    def __init__(self, file: str, beside: Beside) -> None:
        self.file = file
        self.beside = beside
        self.faults: list[Fault] = []
        self.section, self.part = "ungrouped", ""
        self.hosts: dict[str, dict[str, Any]] = {}
        self.lines: dict[str, int] = {}
        self.members: dict[str, list[str]] = {}
        self.variables: dict[str, dict[str, str]] = {}
        self.parents: dict[str, list[str]] = {}

    def line(self, number: int, line: str) -> None:
        """Take in a line."""
        if not line or line.startswith(("#", ";")):
            return
        if line.startswith("["):
            found = SECTION.match(line.partition("#")[0].strip())
            if found is None:
                self._fault(number, "", "that is no section", "write [group], [group:vars] or [group:children]")
                return
            self.section, self.part = found[1], found[2] or ""
        elif self.part == "vars":
            name, _, value = line.partition("=")
            self._set(number, self.variables.setdefault(self.section, {}), name.strip(), value.strip())
        elif self.part == "children":
            self.parents.setdefault(line.split()[0], []).append(self.section)
        else:
            self._host(number, line)

    def _host(self, number: int, line: str) -> None:
        try:
            name, *words = shlex.split(line, comments=True)
        except ValueError as error:
            self._fault(number, "", f"it cannot be split into words: {error}")
            return
        for host in _expanded(name):
            own = self.hosts.setdefault(host, {})
            self.lines.setdefault(host, number)
            for word in words:
                key, equals, value = word.partition("=")
                if equals:
                    self._set(number, own, key, value)
                else:
                    self._fault(number, host, f"{word!r} is no variable", "write NAME=VALUE")
            self.members.setdefault(host, []).append(self.section)

    def _set(self, number: int, into: dict[str, Any], name: str, value: str) -> None:
        if name not in SECRETS or TEMPLATE in value:
            told = value.strip("\"'")
            into[name] = Secret(told) if name in SECRETS else told
        else:
            self._fault(number, name, "a secret stands here itself", REFERENCE)

    def entries(self) -> tuple[Entry, ...]:
        """The devices, once all is read."""
        found = []
        for host, own in self.hosts.items():
            groups = list(dict.fromkeys(up for group in self.members[host] for up in self._upwards(group)))
            layers = [self.variables.get("all", {}), *(self.variables.get(group, {}) for group in reversed(groups))]
            said = {key: value for layer in layers for key, value in layer.items()}
            inside = tuple(group for group in groups if group not in ("all", "ungrouped"))
            known = layered(host, inside[::-1], said, own, self.beside)
            device = entry(host, known, inside, self.beside.closed(host, inside[::-1]))
            if device is None:
                remedy = f"ansible_network_os is one of {', '.join(DRIVERS)}"
                self._fault(self.lines[host], host, "nobody says what it speaks", remedy)
            else:
                found.append(device)
        return tuple(found)

    def _upwards(self, group: str, seen: tuple[str, ...] = ()) -> list[str]:
        if group in seen:
            return []
        return [group, *(up for parent in self.parents.get(group, ()) for up in self._upwards(parent, (*seen, group)))]

    def _fault(self, number: int, key: str, problem: str, remedy: str = "") -> None:
        self.faults.append(Fault(problem, key, "", f"{self.file}:{number}:1", remedy))


def _expanded(name: str) -> list[str]:
    """The names that a range stands for: `leaf[01:12]`."""
    found = RANGE.search(name)
    if found is None:
        return [name]
    first, last, width = int(found[1]), int(found[2]), len(found[1])
    return [
        each
        for number in range(first, last + 1)
        for each in _expanded(f"{name[: found.start()]}{number:0{width}}{name[found.end() :]}")
    ]
