"""What documents say and could not be read, as far as it tells what it may declare.

Theory. A name that stands for nothing is a fault, unless what it stands for is declared where nobody could read it. Of
that the text is known: what it does not mention, or has no section for, it does not declare. A piece that was read as
YAML, in a place where it means nothing, is known by its words; a text that is not even YAML by its characters; a file
that cannot be opened by nothing, so it may declare anything. Of what stands under a key that is given twice, or is no
name, it is not known how it is called.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy

from cpal.faces.documents.source import Node, Scalar, Sequence, Source

WRITTEN_UNDER = {
    "network": ("networks",),
    "subnet": ("subnets", "networks"),
    "address_group": ("address_groups",),
    "security_group": ("security_groups",),
    "qos_policy": ("qos_policies",),
    "router": ("routers",),
    "instance": ("instances",),
    "port": ("ports", "instances", "routers"),
    "trunk": ("trunks",),
    "log": ("logs",),
    "floating_ip": ("floating_ips",),
    "target": ("targets",),
    "host": ("hosts",),
    "subnet.network": ("subnets",),
    "port.device": ("ports",),
    "port.routed_subnet": ("ports", "routers"),
    "host.physical_network": ("hosts",),
}
"""Sections that declare records of a kind, or such as are filed in an index under what is declared elsewhere."""
ESCAPES = re.compile(r'\\[xuU"/\\ ]')
"""How a text writes what may be a part of a name other than as it reads."""
UNDECODED = "\N{REPLACEMENT CHARACTER}"
PARTS = re.compile("[/:]")
"""What joins a name to that of what is around it: `project/network`, `network/subnet`, `instance:network`."""


class Unread:
    """What could not be read so far."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._words: defaultdict[str, set[str]] = defaultdict(set)
        self._nameless: set[str] = set()
        self._sections = False
        self._anything = False

    def __bool__(self) -> bool:
        return bool(self._anything or self._sections or self._texts or self._words or self._nameless)

    def copy(self) -> Unread:
        """Another, to which more can be added."""
        return deepcopy(self)

    # Adding

    def add(self, source: Source) -> None:
        """What could not be read of a source."""
        for text in source.unread_texts:
            self.add_text(text)
        for key, node in source.unread_nodes:
            self.add_node(key, node)
        self._nameless.update(source.nameless)
        self._sections = self._sections or source.unread_sections

    def add_anything(self) -> None:
        """Something that is not known at all."""
        self._anything = True

    def add_text(self, text: str) -> None:
        """A text that is not YAML."""
        self._anything = self._anything or ESCAPES.search(text) is not None
        self._texts.append(" ".join(text.split()))

    def add_undecoded(self, text: bytes) -> None:
        """A text in another encoding, of which only what is ASCII can be read; in UTF-16 nothing is."""
        self._anything = self._anything or b"\0" in text
        self.add_text(text.decode("utf-8", errors="replace"))

    def add_node(self, key: str, node: Node) -> None:
        """A piece of a document with all that is in it, and the path of the key that it stands under."""
        if isinstance(node, Scalar):
            self.add_word(key, node.text)
        elif isinstance(node, Sequence):
            for each in node.items:
                self.add_node(key, each)
        else:
            for name, value in node.entries:
                self.add_node(key, name)
                self.add_node(key, value)

    def add_word(self, key: str, word: str) -> None:
        """A word under a key, or a name of which it is not known what is declared there with it."""
        self._words[re.split(r"[.\[]", key)[0]].add(word)

    def add_nameless(self, key: str) -> None:
        """Something written under a key, of which it is not known how it is called."""
        self._nameless.add(key)

    # Asking

    def may_declare(self, kind: str, name: str) -> bool:
        """Whether it may declare what a name of a kind stands for."""
        if not self:
            return False
        nameless = not self._nameless.isdisjoint(WRITTEN_UNDER.get(kind, ()))
        return self._anything or nameless or self._mentions(kind, [name])

    def may_hold(self, index: str, words: Iterable[str]) -> bool:
        """Whether it may declare what is filed in an index under something called so: see `model.doubts.Unread`."""
        if self._anything:
            return True
        called = list(words)
        if called:
            return self._mentions(index, called)
        sections = WRITTEN_UNDER[index]
        texts = any(_stands(section, text) for section in sections for text in self._texts)
        return self._sections or texts or not self._nameless.isdisjoint(sections)

    def _mentions(self, what: str, names: Iterable[str]) -> bool:
        """Whether one of the names, or a part of one, stands where such things are declared."""
        words = {part for name in names for part in (name, *PARTS.split(name))}
        sections = WRITTEN_UNDER.get(what, ())
        if any(not words.isdisjoint(self._words.get(section, ())) for section in (*sections, "")):
            return True
        texts = [text for text in self._texts if any(_stands(section, text) for section in sections)]
        return any(_stands(word, text) for text in texts for word in words)


def _stands(word: str, text: str) -> bool:
    """Whether a word stands in a text, not as a part of a longer one, or may stand where it could not be decoded."""
    if UNDECODED in text and not word.isascii():
        return True
    return bool(word) and re.search(rf"(?<![\w-]){re.escape(' '.join(word.split()))}(?![\w-])", text) is not None
