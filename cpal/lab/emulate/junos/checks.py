"""What a Junos device finds wrong when a configuration is to be committed, which is right statement by statement.

Source: messages of the interface daemon, as collections of replies of devices have them.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.lab.emulate.junos.statements import Wrong
from cpal.lab.emulate.tree import Node

FAILED = "configuration check-out failed"
OPTIONS = ("ether-options", "gigether-options")


def faults(root: Node) -> Iterator[Wrong]:
    """Each fault of a configuration, with the section and the statement in it that is at fault."""
    held = root.find("interfaces")
    for port in held.children() if held else ():
        if lag_of(port):
            for unit in port.each("unit"):
                yield Wrong(("interfaces", *port.words), unit.line, "logical unit is not allowed on aggregated links")


def lag_of(port: Node) -> str:
    """The aggregated interface that an interface is a member of, or nothing."""
    named = (options.value("802.3ad") for word in OPTIONS if (options := port.find(word)) is not None)
    return next((name for name in named if name), "")
