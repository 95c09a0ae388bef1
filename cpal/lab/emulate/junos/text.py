"""A Junos configuration as text: with curly brackets, as `set` commands, and what changed between two.

Source: Junos OS, "CLI user guide", load and show commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.lab.emulate.junos.statements import Place, Wrong, erase, move, prune, tidy, top, write
from cpal.lab.emulate.tree import Identity, Node

_TOKEN = re.compile(r'\s+|/\*.*?\*/|#[^\n]*|"(?:[^"\\]|\\.)*"|[{};\[\]]|[^\s{};\[\]"]+', re.S)
_PLAIN = re.compile(r"[\w.:/@+*,=^~%-]+")
_OPERATIONS = ("delete:", "replace:", "inactive:", "protect:", "unprotect:", "active:")
INDENT = "    "


def tokens(text: str) -> list[str]:
    """The words and marks of a text, without comments; what is quoted keeps its first quote."""
    found = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token.startswith('"'):
            found.append('"' + re.sub(r"\\(.)", r"\1", token[1:-1]))
        elif token.strip() and not token.startswith(("#", "/*")):
            found.append(token)
    return found


def word(token: str) -> str:
    """A token without its quote."""
    return token[1:] if token.startswith('"') else token


class _Loader:
    """One pass over a text with curly brackets; statements that are wrong are passed over, and told."""

    def __init__(self, text: str, replacing: bool) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._replacing = replacing
        self.wrong: list[Wrong] = []

    def block(self, place: Place | None) -> None:
        """Statements to the end of a section; of one that nobody knows where `place` is None."""
        while self._at < len(self._tokens):
            if self._tokens[self._at] == "}":
                self._at += 1
                return
            self._statement(place)

    def _statement(self, place: Place | None) -> None:
        operation, words = "", list[str]()
        values: list[str] | None = None
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token == "}":
                break
            self._at += 1
            if token in (";", "{"):
                if token == "{":
                    self._section(place, operation, words)
                    return
                break
            if token in _OPERATIONS and not words:
                operation = token
            elif token == "[":
                values = self._values()
            else:
                words.append(word(token))
        if place is not None and words:
            for each in [[*words, value] for value in values] if values is not None else [words]:
                self._apply(place, operation, each)

    def _values(self) -> list[str]:
        end = self._tokens.index("]", self._at) if "]" in self._tokens[self._at :] else len(self._tokens)
        found = [word(token) for token in self._tokens[self._at : end]]
        self._at = end + 1
        return found

    def _section(self, place: Place | None, operation: str, words: list[str]) -> None:
        inside: Place | None = None
        if place is not None and words:
            try:
                if operation == "replace:" and self._replacing:
                    erase(place, words)
                inside = write(place, words)
                if operation in ("inactive:", "protect:"):
                    raise Wrong(inside.path, operation, f"{operation} is not emulated")
            except Wrong as wrong:
                self.wrong.append(wrong)
        elif place is not None:
            inside = place
        self.block(inside)

    def _apply(self, place: Place, operation: str, words: list[str]) -> None:
        try:
            if operation == "delete:":
                erase(place, words)
            elif operation in ("inactive:", "protect:"):
                raise Wrong(place.path, operation, f"{operation} is not emulated")
            else:
                write(place, words)
        except Wrong as wrong:
            self.wrong.append(wrong)


def load_text(root: Node, text: str, replacing: bool = False) -> list[Wrong]:
    """Load a text with curly brackets; what of it was wrong."""
    loader = _Loader(text, replacing)
    while loader._at < len(loader._tokens):
        loader.block(top(root))
    tidy(root)
    return loader.wrong


def load_set(root: Node, text: str) -> list[Wrong]:
    """Load `set`, `delete` and `insert` commands; what of them was wrong."""
    wrong: list[Wrong] = []
    for line in text.splitlines():
        words = tokens(line)
        if not words:
            continue
        verb, rest = words[0], words[1:]
        try:
            if verb not in ("set", "delete", "insert") or not rest:
                raise Wrong((), word(verb), "unknown command" if rest else "syntax error")
            if verb == "insert":
                move(top(root), [word(token) for token in rest])
            elif verb == "delete":
                erase(top(root), [word(token) for token in rest], missing_is_wrong=True)
            elif "[" in rest:
                start = rest.index("[")
                for value in rest[start + 1 : -1]:
                    write(top(root), [word(token) for token in (*rest[:start], value)])
            else:
                write(top(root), [word(token) for token in rest])
        except Wrong as error:
            wrong.append(error)
    tidy(root)
    return wrong


def quoted(value: str) -> str:
    """A word as Junos shows it: in quotes where it must."""
    return value if _PLAIN.fullmatch(value) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def header(node: Node) -> str:
    """A statement without what is below it."""
    return " ".join(quoted(each) for each in node.words)


def grouped(node: Node) -> Iterator[list[Node]]:
    """The statements of a section, those that are values of one list together."""
    waiting: list[Node] = []
    for child in node.children():
        if waiting and ("list" not in child.flags or child.words[:-1] != waiting[0].words[:-1]):
            yield waiting
            waiting = []
        if "list" in child.flags and child.below is None:
            waiting.append(child)
        else:
            yield [child]
    if waiting:
        yield waiting


def as_text(node: Node, margin: str = "") -> Iterator[str]:
    """The statements of a section with curly brackets."""
    for group in grouped(node):
        yield from statement(group, margin)


def statement(group: list[Node], margin: str) -> Iterator[str]:
    """One statement, or several values of one list, with curly brackets."""
    first = group[0]
    if len(group) > 1:
        values = " ".join(quoted(each.words[-1]) for each in group)
        yield f"{margin}{' '.join(quoted(each) for each in first.words[:-1])} [ {values} ];"
    elif first.below:
        yield f"{margin}{header(first)} {{"
        yield from as_text(first, margin + INDENT)
        yield f"{margin}}}"
    else:
        yield f"{margin}{header(first)};"


def as_set(node: Node, path: str = "set") -> Iterator[str]:
    """The statements of a section as `set` commands."""
    for child in node.children():
        here = f"{path} {header(child)}"
        if child.below:
            if "presence" in child.flags or "entry" in child.flags:
                pass
            yield from as_set(child, here)
        else:
            yield here


def compared(before: Node, after: Node, path: str = "") -> Iterator[str]:
    """What changed, as `show | compare` says it."""
    held, wanted = before.below or {}, after.below or {}
    own: list[str] = []
    deeper: list[str] = []
    for key in _in_order(held, wanted):
        old, new = held.get(key), wanted.get(key)
        if (
            old is not None
            and new is not None
            and old.below is not None
            and new.below is not None
            and (old.below or new.below)
        ):
            deeper += compared(old, new, f"{path} {header(new)}".strip())
        elif old is None or new is None or old.words != new.words:
            sign = " " if old is None or new is None else ""
            own += [f"-  {sign}{line}" for line in statement([old], "")] if old is not None else []
            own += [f"+  {sign}{line}" for line in statement([new], "")] if new is not None else []
    if own:
        yield f"[edit{' ' + path if path else ''}]"
        yield from own
    yield from deeper


def _in_order(held: dict[Identity, Node], wanted: dict[Identity, Node]) -> list[Identity]:
    nodes = {**held, **wanted}
    return sorted(nodes, key=lambda key: nodes[key].order)


__all__ = ["as_set", "as_text", "compared", "load_set", "load_text", "prune", "quoted"]
