"""What changed between two IOS configurations, in the two forms that IOS shows it in.

Source: Cisco IOS configuration management command reference, `show archive config differences`, `incremental-diffs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.lab.emulate.tree import Node

NONE = "!No changes were found\n"


def contextual(before: Node, after: Node) -> str:
    """Lines that came with `+`, that went with `-`, under the sections that they are in."""
    found = [*_contextual(before, after, 0)]
    return "!Contextual Config Diffs:\n" + ("".join(f"{line}\n" for line in found) if found else NONE)


def _contextual(before: Node, after: Node, depth: int) -> Iterator[str]:
    held, wanted = before.below or {}, after.below or {}
    margin = " " * depth
    for node in after.children():
        same = next((each for each in held.values() if each.words == node.words and each.text == node.text), None)
        if same is None:
            yield from _whole(node, depth, "+")
        else:
            inside = list(_contextual(same, node, depth + 1))
            if inside:
                yield margin + node.line
                yield from inside
    for node in before.children():
        if not any(each.words == node.words and each.text == node.text for each in wanted.values()):
            yield from _whole(node, depth, "-")


def _whole(node: Node, depth: int, sign: str) -> Iterator[str]:
    yield f"{sign}{' ' * depth}{node.line}"
    for line in (node.text or "").splitlines():
        yield f"{sign}{line}"
    for child in node.children():
        yield from _whole(child, depth + 1, sign)


def commands(before: Node, after: Node, unknown: list[str]) -> str:
    """The commands that lead from one to the other; lines that are none stand as they were written."""
    found = [*_commands(before, after, 0), *unknown]
    return "!List of Commands:\n" + ("".join(f"{line}\n" for line in found) if found else NONE) + "end\n"


def _commands(before: Node, after: Node, depth: int) -> Iterator[str]:
    held, wanted = before.below or {}, after.below or {}
    margin = " " * depth
    for key, node in held.items():
        if key not in wanted:
            yield margin + (node.line.removeprefix("no ") if node.words[0] == "no" else f"no {node.line}")
    for node in after.children():
        same = next((each for each in held.values() if each.words == node.words and each.text == node.text), None)
        inside = list(_commands(same or Node(), node, depth + 1))
        if same is None or inside:
            yield margin + node.line
            yield from inside
