"""A configuration typed into an emulated switch without a server: what commands make of it, by another's hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from cpal.lab.emulate.device import Device, identity_of
from cpal.lab.emulate.editor import Editor, Refused
from cpal.lab.emulate.eos import configuration as eos
from cpal.lab.emulate.ios import configuration as ios
from cpal.lab.emulate.junos.text import as_text, load_set, load_text
from cpal.lab.emulate.nxos import configuration as nxos
from cpal.lab.emulate.tree import Node


class Emulator(NamedTuple):
    """What is typed into: a new configuration, who types, and how it is shown."""

    factory: Callable[[Device], Node]
    editing: Callable[[Device, Node], Editor]
    lines: Callable[[Node], list[str]]
    ports: tuple[str, ...]
    stand_for: Callable[[str], list[str]] = lambda line: [line]
    """The lines that one stands for."""


EMULATORS = {
    "eos": Emulator(
        eos.factory, eos.editing, eos.lines, (*(f"Ethernet{n}" for n in range(1, 9)), "Management0", "Management1")
    ),
    "nxos": Emulator(
        nxos.factory, nxos.editing, nxos.lines, (*(f"Ethernet1/{n}" for n in range(1, 9)), "mgmt0"), nxos.typed
    ),
    "ios": Emulator(ios.factory, ios.editing, ios.lines, tuple(f"GigabitEthernet0/{n}" for n in range(9))),
}


class Typed:
    """A switch without an API: `running` is its configuration as text."""

    def __init__(self, make: str) -> None:
        self.make = make
        self.of = EMULATORS[make]
        self.device = Device(identity_of("leaf1", make, "model", "1.0"), self.of.ports, self.of.factory)
        self.root: Node = self.device.running

    @property
    def running(self) -> str:
        """The running configuration."""
        return "\n".join([*self.of.lines(self.root), ""])

    def load(self, text: str) -> list[str]:
        """Add a configuration; the lines that this emulator does not know."""
        editor, unknown = self.of.editing(self.device, self.root), []
        rest = iter(text.splitlines())
        for line in rest:
            words = line.strip()
            body = "\n".join(iter(lambda: next(rest), "EOF")) if words.startswith("banner ") else None
            try:
                self._type(editor, words, body)
            except Refused:
                unknown.append(words)
        return unknown

    def type(self, commands: Iterable[str]) -> None:
        """Do commands; a text follows its line after a newline.

        Raises:
            Refused: one that is not taken.
        """
        editor = self.of.editing(self.device, self.root)
        for command in commands:
            words, _, text = command.partition("\n")
            self._type(editor, words, text.removesuffix("\nEOF") if text else None)

    def copy(self) -> Typed:
        """The same switch once more."""
        found = Typed(self.make)
        found.root = self.root.copy()
        return found

    def _type(self, editor: Editor, words: str, text: str | None) -> None:
        if words in ("exit", "end-job"):
            editor.leave()
        elif words != "end":
            for line in self.of.stand_for(words):
                editor.type(line, text)


class TypedJunos:
    """A Junos switch without an API: what `set` and `delete` make of its configuration, by another's hand."""

    def __init__(self, text: str = "") -> None:
        self.root = Node()
        assert load_text(self.root, text) == []

    @property
    def running(self) -> str:
        """Its configuration as text."""
        return "\n".join(as_text(self.root))

    def type(self, commands: Iterable[str]) -> None:
        """Do commands, all of which are taken."""
        wrong = load_set(self.root, "\n".join(commands))
        assert not wrong, [(each.path, each.word, each.message) for each in wrong]
