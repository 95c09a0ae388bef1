"""Ports that a device has or lacks, whatever is configured: one that is declared and lacks is refused before a change.

Theory. NX-OS and IOS show a section of each port that there is in what they run, and refuse a line about another. So
what they run says which ports there are. A configuration that shows none says nothing of it, and nothing is refused.
EOS and Junos take such lines, which come into effect as a module is inserted.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from cpal.core.rows import Op
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_device import MEMBERS
from cpal.drivers.devices.render_switch import INTERFACE, device_of, parts_of
from cpal.drivers.devices.words import Words
from cpal.errors import Rejected

_START = "interface "
_NEAR = 3
"""How many names are told that are like one that there is not."""


def is_built_in(words: Words, name: str) -> bool:
    """Whether an interface is there by the device's model, and not by being configured."""
    return words.is_interface(name) and not words.is_logical(name) and "." not in name


def refuse_lacking_ports(words: Words, tree: Tree, ops: Sequence[Op]) -> None:
    """Raise Rejected where something is to be said of a port that the device has not."""
    if not words.refuses_lacking_ports:
        return
    held = [line.removeprefix(_START) for line in tree if line.startswith(_START)]
    held = [name for name in held if is_built_in(words, name)]
    ports = {parts_of(op.key)[0].partition(".")[0] for op in ops if op.after is not None and _is_about_a_port(op)}
    lacking = sorted(port for port in ports - {*held} if is_built_in(words, port)) if held else []
    if lacking:
        why = f"the switch has no interface {', '.join(_told(port, held) for port in lacking)}"
        raise Rejected(why, key=device_of(ops[0].key), remedy=f"it has {_spelled(held)}; nothing was changed")


def _told(port: str, held: Sequence[str]) -> str:
    near = get_close_matches(port, held, _NEAR)
    return f"{port!r} (near: {', '.join(near)})" if near else repr(port)


def _is_about_a_port(op: Op) -> bool:
    return op.key.table == MEMBERS or op.key.table.partition(".")[0] == INTERFACE


def _spelled(held: Sequence[str]) -> str:
    """The ports there are, from the first to the last of each kind."""
    kinds: dict[str, list[str]] = {}
    for name in held:
        kinds.setdefault(name.rstrip("0123456789"), []).append(name)
    return ", ".join(names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}" for names in kinds.values())
