"""A configuration typed into an emulated EOS without a server: what commands make of it, by another's hand."""

from __future__ import annotations

from collections.abc import Iterable

from cpal.lab.emulate.device import Device, identity_of
from cpal.lab.emulate.editor import Editor, Refused
from cpal.lab.emulate.eos.configuration import editing, factory, lines
from cpal.lab.emulate.junos.text import as_text, load_set, load_text
from cpal.lab.emulate.tree import Node

PORTS = (*(f"Ethernet{n}" for n in range(1, 9)), "Management0", "Management1")


class TypedEos:
    """A switch without an API: `running` is its configuration as text."""

    def __init__(self) -> None:
        self.device = Device(identity_of("leaf1", "eos", "vEOS-lab", "4.30.4M"), PORTS, factory)
        self.root: Node = self.device.running

    @property
    def running(self) -> str:
        """The running configuration."""
        return "\n".join([*lines(self.root), ""])

    def load(self, text: str) -> list[str]:
        """Add a configuration; the lines that this emulator does not know."""
        editor, unknown = editing(self.device, self.root), []
        rest = iter(text.splitlines())
        for line in rest:
            words = line.strip()
            body = "\n".join(iter(lambda: next(rest), "EOF")) if words.startswith("banner ") else None
            try:
                _type(editor, words, body)
            except Refused:
                unknown.append(words)
        return unknown

    def type(self, commands: Iterable[str]) -> None:
        """Do commands; a text follows its line after a newline.

        Raises:
            Refused: one that is not taken.
        """
        editor = editing(self.device, self.root)
        for command in commands:
            words, _, text = command.partition("\n")
            _type(editor, words, text.removesuffix("\nEOF") if text else None)

    def copy(self) -> TypedEos:
        """The same switch once more."""
        found = TypedEos()
        found.root = self.root.copy()
        return found


def _type(editor: Editor, words: str, text: str | None) -> None:
    if words == "exit":
        editor.leave()
    elif words != "end":
        editor.type(words, text)


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
