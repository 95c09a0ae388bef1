"""What a picture of the topology is made of."""

from __future__ import annotations

from typing import NamedTuple

from cpal.faces.cli.output import printable


class Member(NamedTuple):
    """An end on a network: its name, addresses, where it runs, the address it has outside, its status."""

    name: str
    addresses: tuple[str, ...]
    host: str = ""
    floating: tuple[str, ...] = ()
    status: str | None = None
    outside: bool = False


class Node(NamedTuple):
    """A network or router in the picture, with what is behind it."""

    kind: str
    name: str
    facts: tuple[str, ...]
    members: tuple[Member, ...] = ()
    children: tuple[Node, ...] = ()


def cells(member: Member) -> list[str]:
    """An end in columns: name, addresses, where, floating address, status."""
    floating = f"floating {' '.join(member.floating)}" if member.floating else ""
    where = "outside" if member.outside else member.host
    return [printable(member.name), " ".join(member.addresses), where, floating, member.status or ""]
