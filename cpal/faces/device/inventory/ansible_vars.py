"""Variables of Ansible's that stand beside an inventory, in `group_vars` and `host_vars`, and secrets among variables.

Of a group or host there is a file of its name (`leaves.yml`), or a directory of it with files. A secret is closed by
Ansible Vault: one value (`!vault`), or a whole file, which is named by what a template asks of it. It stays closed
until it is used. Source: Ansible documentation, "Organizing host and group variables", "Encrypting content with
Ansible Vault".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cpal.errors import Fault
from cpal.faces.device.inventory.own import REFERENCE, plain
from cpal.faces.documents.source import Entry as Written
from cpal.faces.documents.source import Mapping as Node
from cpal.faces.documents.source import Scalar, Source

SECRETS = (
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_httpapi_pass",
    "ansible_become_password",
    "ansible_become_pass",
)
BECOME = ("ansible_become_password", "ansible_become_pass")
"""Those of them that are for more rights."""
TAGS = ("!vault",)
"""The tags of YAML that mean something in Ansible's files."""
CLOSED = "$ANSIBLE_VAULT;"
VAULT = "vault:"
TEMPLATE = "{{"
NAMED = re.compile(r"\{\{\s*(\w+)\s*\}\}")
"""A template that is one variable."""
SUFFIXES = ("", ".yml", ".yaml", ".json")
Variables = dict[str, Any]


class Secret(str):
    """A variable that is closed, or a template of a secret: never a tag."""

    __slots__ = ()


class Beside:
    """What stands in the two directories beside an inventory; faults in their files are kept."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.faults: list[Fault] = []
        self._read: dict[Path, tuple[Variables, list[str]]] = {}

    def layers(self, host: str, groups: tuple[str, ...]) -> tuple[list[Variables], list[Variables]]:
        """The variables of groups, `all` and the others from the widest on, and those of a host."""
        return [self._of("group_vars", name)[0] for name in ("all", *groups)], [self._of("host_vars", host)[0]]

    def closed(self, host: str, groups: tuple[str, ...]) -> list[str]:
        """The files that are closed as a whole, those that are nearest to a host first."""
        places = [("host_vars", host), *(("group_vars", each) for each in reversed(("all", *groups)))]
        return [file for place in places for file in reversed(self._of(*place)[1])]

    def _of(self, kind: str, name: str) -> tuple[Variables, list[str]]:
        place = self.directory / kind / name
        if place not in self._read:
            variables: Variables = {}
            closed: list[str] = []
            for file in _files(place):
                text = file.read_text(encoding="utf-8", errors="replace")
                if text.startswith(CLOSED):
                    closed.append(str(file))
                else:
                    variables |= self._variables(file, text)
            self._read[place] = variables, closed
        return self._read[place]

    def _variables(self, file: Path, text: str) -> Variables:
        source = Source(str(file), TAGS)
        found: Variables = {}
        for tree in source.trees(text):
            if isinstance(tree, Node):
                found |= variables(source, source.entries(tree, ""), "")
            else:
                source.fault(tree, "", "", "it holds no variables", "write NAME: VALUE")
        self.faults += source.faults
        return found


def _files(place: Path) -> Iterator[Path]:
    """The files with a group's or host's variables, in order."""
    if place.is_dir():
        yield from sorted(each for each in place.iterdir() if each.suffix in SUFFIXES and each.is_file())
    for suffix in SUFFIXES:
        file = place.with_name(place.name + suffix)
        if file.is_file():
            yield file


def variables(source: Source, entries: Mapping[str, Written], key: str) -> Variables:
    """Variables as they are written; a secret in the clear is a fault, and not repeated."""
    found: Variables = {}
    for name, each in entries.items():
        text = each.value.text if isinstance(each.value, Scalar) else ""
        if text.startswith(CLOSED):
            found[name] = Secret(text)
        elif name not in SECRETS:
            found[name] = plain(source, each.value, key)
        elif TEMPLATE in text:
            found[name] = Secret(text)
        else:
            source.fault(each.value, key, name, "a secret stands here itself", REFERENCE)
    return found


def reference(known: Variables, closed: list[str], names: tuple[str, ...]) -> str:
    """Where the secret is that is under one of these names; empty where it is Ansible's own matter.

    A template is one variable: one that is closed by itself, or is in a file that is closed as a whole.
    """
    for name in names:
        told = known.get(name)
        asked = NAMED.fullmatch(str(told).strip()) if told else None
        value = known.get(asked[1]) if asked else told
        if isinstance(value, Secret) and value.startswith(CLOSED):
            return f"{VAULT}{value}"
        if asked and value is None and closed:
            return f"{VAULT}{closed[0]}#{asked[1]}"
    return ""


LOGIN = tuple(name for name in SECRETS if name not in BECOME)
"""The secrets by which one logs in."""
