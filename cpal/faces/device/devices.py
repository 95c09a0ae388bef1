"""Many devices: those of an inventory, chosen by name, tag, make or fact, and asked all at once.

>>> from cpal import devices
>>> east = devices("inventory.yaml").where(tags__region="east", vendor="arista")
>>> east.tell("facts").values, east.tell("facts").failures
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from cpal.engine.blocking import wait
from cpal.engine.devices import Done, entry_of, make_of, tell_all, tell_each
from cpal.errors import CpalError, Invalid, NotFound
from cpal.faces.device.inventory import read
from cpal.faces.device.live import Device, device, with_tags
from cpal.faces.device.reachability import Reachability
from cpal.model.device.entry import Entry
from cpal.model.device.ping import WAIT_S

INVENTORY = "CPAL_INVENTORY"
"""The variable of the environment that names the inventory."""
FILE = "inventory.yaml"
"""The inventory's name in the directory of cpal's state."""
GROUP = "@"
"""What the name of a group begins with where devices are named."""
SAID = ("name", "driver", "vendor", "host", "groups", "tags", "facts")
"""What devices can be chosen by."""


class Answers(NamedTuple):
    """What devices told, by name, and what went wrong at the others."""

    values: dict[str, Any]
    failures: dict[str, CpalError]


def inventory_file(home: Path, named: str = "") -> Path:
    """The inventory that is named, or that the environment names, or the one in cpal's state."""
    found = named or os.environ.get(INVENTORY, "")
    return Path(found).expanduser() if found else home / FILE


def devices(inventory: str | Path | Iterable[Entry], *, home: Path | None = None) -> Devices:
    """The devices of an inventory: a file, or entries.

    Raises:
        NotFound, Invalid, Faults: there is no such file, or what is wrong in it.
    """
    return Devices(read(Path(inventory)) if isinstance(inventory, str | Path) else inventory, home)


def named(patterns: Sequence[str], file: Path) -> tuple[Entry, ...]:
    """The devices at addresses, and those of the inventory whose names match patterns or that are in `@group`.

    Raises:
        NotFound: a pattern matches none, or there is no inventory.
        Invalid, Faults: an address is none; what is wrong in the inventory.
    """
    known = read(file) if any("://" not in each for each in patterns) else ()
    found: dict[str, Entry] = {}
    for pattern in patterns:
        matching = [entry_of(pattern)] if "://" in pattern else [each for each in known if _matches(each, pattern)]
        if not matching:
            remedy = f"it has {', '.join(each.name for each in known[:10])}{' ...' if len(known) > 10 else ''}"
            raise NotFound(f"the inventory {file} has no such device", key=pattern, remedy=remedy)
        for each in matching:
            name = each.name if found.get(each.name, each) == each else f"{each.name}:{each.port}"
            found[name] = msgspec.structs.replace(each, name=name)
    return tuple(found.values())


def _matches(entry: Entry, pattern: str) -> bool:
    if pattern.startswith(GROUP):
        return pattern.removeprefix(GROUP) in entry.groups
    return fnmatchcase(entry.name, pattern)


class Devices(Mapping[str, Device]):
    """Devices by name. Each is connected to when it is first looked up."""

    def __init__(self, entries: Iterable[Entry], home: Path | None = None) -> None:
        self.entries = {each.name: each for each in entries}
        self._home = home
        self._met: dict[str, Device] = {}

    def __getitem__(self, name: str) -> Device:
        if name not in self._met:
            self._met[name] = device(self.entries[name], home=self._home)
        return self._met[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        listed = ", ".join(list(self)[:10]) + (" ..." if len(self) > 10 else "")
        return f"<{len(self)} device{'' if len(self) == 1 else 's'}: {listed}>"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __enter__(self) -> Devices:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all connections."""
        for each in self._met.values():
            each.close()
        self._met.clear()

    def match(self, *patterns: str) -> Devices:
        """Those whose name matches one of the patterns (`leaf*`), or that are in one of the groups (`@leaves`)."""
        return self._of(each for each in self.entries.values() if any(_matches(each, one) for one in patterns))

    def where(self, **wanted: Any) -> Devices:
        """Those of which all is so: `tags__region="east"`, `vendor="arista"`, `groups="leaves"`, `name="leaf*"`.

        `facts__os_version="4.*"` asks them; one that does not answer is not among them. A text may be a pattern, and
        its case does not matter.

        Raises:
            Invalid: nothing is known by that name.
        """
        for key in wanted:
            if key.partition("__")[0] not in SAID:
                raise Invalid("devices are not chosen by that", key=key, remedy=f"by {', '.join(SAID)}")
        asked = any(key.startswith("facts__") for key in wanted)
        facts = self.tell("facts").values if asked else {}
        return self._of(
            each
            for each in self.entries.values()
            if all(_is(_said(each, key, facts.get(each.name)), value) for key, value in wanted.items())
        )

    def tell(self, getter: str, *, timeout_s: float | None = None, done: Done | None = None, **words: Any) -> Answers:
        """What all tell, asked at once, and what went wrong at the others."""
        told = wait(tell_all(tuple(self.entries.values()), getter, words, timeout_s, self._home, done))
        values = {
            each.entry.name: with_tags(each.value, each.entry) if getter == "facts" else each.value
            for each in told
            if each.fault is None
        }
        return Answers(values, {each.entry.name: each.fault for each in told if each.fault is not None})

    def reach(
        self, destinations: Mapping[str, str] | Iterable[str], *, vrf: str | None = None, count: int = 2,
        wait_s: int = WAIT_S, timeout_s: float | None = None, done: Done | None = None,
    ) -> Reachability:  # fmt: skip
        """Who of them reaches which addresses: each sends echoes to all, and `print` shows it as a table.

        Destinations are addresses, or addresses by the names that the table has for them.
        """
        named = dict(destinations) if isinstance(destinations, Mapping) else {each: each for each in destinations}
        entries = tuple(self.entries.values())
        asked = [{"destination": each, "vrf": vrf, "count": count, "wait_s": wait_s} for each in named.values()]
        told = wait(tell_each(entries, "ping", asked, timeout_s, self._home, done))
        cells = {
            entry.name: dict(zip(named, (each.fault or each.value for each in row), strict=True))
            for entry, row in zip(entries, told, strict=True)
        }
        return Reachability(tuple(named), cells)

    def _of(self, entries: Iterable[Entry]) -> Devices:
        return Devices(entries, self._home)


def _said(entry: Entry, key: str, facts: Any) -> Any:
    """What is known of a device under a name whose parts are joined by two underscores; None for nothing."""
    first, _, rest = key.partition("__")
    if first == "vendor":
        return make_of(entry)
    found: Any = (msgspec.to_builtins(facts) if facts else None) if first == "facts" else getattr(entry, first)
    return at(found, rest.split("__")) if rest else found


def at(value: Any, path: Sequence[str]) -> Any:
    """What is at a path of names in mappings and numbers in lists; of a list without a number, of all in it."""
    for number, name in enumerate(path):
        if isinstance(value, list | tuple) and not name.isdecimal():
            return [at(each, path[number:]) for each in value]
        try:
            value = value[int(name)] if isinstance(value, list | tuple) else value.get(name)
        except (IndexError, AttributeError):
            return None
    return value


def _is(said: Any, wanted: Any) -> bool:
    if isinstance(said, list | tuple):
        return any(_is(each, wanted) for each in said)
    if isinstance(wanted, list | tuple | set | frozenset):
        return any(_is(said, each) for each in wanted)
    if said is None or wanted is None:
        return said is wanted
    return fnmatchcase(str(said).casefold(), str(wanted).casefold())
