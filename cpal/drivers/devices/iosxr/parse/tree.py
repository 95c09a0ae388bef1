"""IOS-XR: one way to read both of its trees.

The XML agent and NETCONF tell of the same data under the same names, spelled `ConnectionLocalAddress/IPV4Address` in
one and `connection-local-address/ipv4-address` in the other. With case and hyphens left out they are the same, but for
keys, which the XML agent puts into `Naming`, and for what holds the members of a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from cpal.drivers.devices.parse.xml import text


def plain(root: Element) -> Element:
    """The tree with names in lower case and without hyphens."""
    for each in root.iter():
        each.tag = each.tag.replace("-", "").lower()
    return root


def either(of: Element | None, *paths: str) -> str | None:
    """The text at the first of the paths that has one."""
    return next((found for path in paths if (found := text(of, path))), None)


def members(of: Element | None, *paths: str) -> Iterator[Element]:
    """The elements at any of the paths."""
    for path in paths:
        yield from [] if of is None else of.findall(path)


def whole(of: Element | None, *paths: str) -> int | None:
    """The whole number at the first of the paths that has one."""
    found = either(of, *paths)
    return None if found is None else int(found)


def is_true(of: Element | None, *paths: str) -> bool:
    """Whether it says `true`."""
    return either(of, *paths) == "true"
