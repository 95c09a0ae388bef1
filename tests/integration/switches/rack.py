"""Emulated switches, what is declared on them, and hands that configure them without cpal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from cpal.errors import CpalError
from cpal.faces.cli.main import program
from tests.support.emulated import Running
from tests.support.switch_makes import SwitchMake

HEAD = """
targets:
  switches:
    driver: {driver}
    endpoints:
      leaf1: {leaf1}
      leaf2: {leaf2}
"""
LEAVES = ("leaf1", "leaf2")


class Rack:
    """The switches, and the program with a store of its own."""

    def __init__(self, make: SwitchMake, running: Running, folder: Path, user: str) -> None:
        self.make = make
        self.running = running
        self.folder = folder
        self.addresses = {name: make.address(running, name, user) for name in LEAVES}
        self.hands = {name: make.hands(running, name) for name in LEAVES}

    def close(self) -> None:
        """Let go of the switches."""
        for hand in self.hands.values():
            hand.close()

    def wipe(self) -> None:
        """Make the switches as new, with no session and no fault."""
        for name in LEAVES:
            self.make.as_new(self.running, name, self.hands[name])

    def type(self, name: str, *lines: str) -> None:
        """Configure a switch by hand."""
        self.hands[name].type(*map(self.make.spoken, lines))

    def load(self, name: str, texts: Iterable[str]) -> None:
        """Have a switch take whole configurations."""
        self.hands[name].load_texts(texts)

    def shown(self, name: str) -> str:
        """The running configuration of a switch."""
        return self.hands[name].shown()

    def all_shown(self) -> dict[str, str]:
        """The running configurations."""
        return {name: self.shown(name) for name in LEAVES}

    def differences(self, before: Mapping[str, str]) -> str:
        """What runs otherwise than in these configurations."""
        pairs = [(before[name].splitlines(), self.shown(name).splitlines()) for name in LEAVES]
        return "\n".join(line for old, new in pairs for line in unified_diff(old, new, lineterm=""))

    def section(self, name: str, line: str) -> list[str]:
        """What a switch shows below a line."""
        lines = self.shown(name).splitlines()
        start = lines.index(self.make.spoken(line)) + 1
        found = []
        for each in lines[start:]:
            if not each.startswith(" "):
                break
            found.append(each.strip())
        return found

    def there_and_back(self, usual: str, changes: Iterable[str], look: Callable[[], None]) -> None:
        """Apply what is usual, and `look`; then each change, and back; at last nothing: all is as before.

        The way back is by the document, or an undo.
        """
        before = self.all_shown()
        self.settle(usual)
        look()
        applied = self.all_shown()
        for n, change in enumerate(changes):
            self.settle(change)
            assert self.all_shown() != applied
            if n % 2:
                self.settle(usual)
            else:
                self.done("undo", "-y")
                assert self.plan(self.declare(usual))["ops"] == []
            assert self.all_shown() == applied
        self.settle("")
        assert self.all_shown() == before

    def settle(self, text: str) -> None:
        """Apply a document, after which nothing is left to do."""
        path = self.declare(text)
        self.done("apply", "-y", path)
        assert self.plan(path)["ops"] == []

    def declare(self, text: str) -> str:
        """A file that declares this on the switches."""
        path = self.folder / "switches.yaml"
        head = HEAD.format(driver=self.make.driver, **self.addresses)
        path.write_text(head + self.make.spoken(text), encoding="utf-8")
        return str(path)

    def run(self, *words: str) -> Result:
        """What the program says to words."""
        return CliRunner().invoke(program, words)

    def done(self, *words: str) -> str:
        """The same, of words that are done."""
        found = self.run(*words)
        assert found.exit_code == 0, found.output + str(found.exception)
        return found.output

    def refused(self, *words: str) -> str:
        """Why words are refused, with nothing changed at any switch."""
        before = self.all_shown()
        found = self.run(*words)
        assert found.exit_code != 0
        assert isinstance(found.exception, CpalError), found.exception
        assert self.all_shown() == before
        return str(found.exception)

    def plan(self, path: str) -> dict[str, Any]:
        """The plan of a file, as an object."""
        found = CliRunner().invoke(program, ("plan", path, "--format", "json"))
        assert found.exit_code == 0, found.output + str(found.exception)
        told: dict[str, Any] = json.loads(found.stdout)
        return told
