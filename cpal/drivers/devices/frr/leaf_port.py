"""Ports of a leaf: where each belongs, written down at the leaf, and how a port gets there.

A switch takes the configuration of a port that has no cable yet; Linux has no such port then. So a leaf keeps a file
for each, which whoever plugs the cable reads; what the kernel says of a port that is there is what counts.

An access port goes by its own name. A VLAN of a physical network goes by both words: which port leads there is the
leaf's own affair (`physical-networks.json`), and many a leaf has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import msgspec

from cpal.drivers.devices.frr.kept import write

LEAF = "$$"
"""In shell lines: the shell itself, whose network namespace is the leaf's own."""


class Former(msgspec.Struct, frozen=True):
    """What an interface was before a store had it: its MTU in bytes, and whether it was up."""

    mtu: int
    up: bool


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a port belongs: the bridge in a VRF, up or down; `owner` and `record` say whose it is.

    `vrf` is "" of a bridge in the leaf's own namespace, `bridge` "" of a port that is in none. `mtu` is 0 where that is
    as it is; `former` is None of the end of a cable to an instance, and of what was not there.
    """

    owner: str
    record: str
    vrf: str
    bridge: str
    up: bool
    mtu: int = 0
    former: Former | None = None


def uplink_words(name: str) -> tuple[str, str] | None:
    """The physical network and the VLAN of what goes by both (`names.uplink_name`); None for an access port."""
    network, is_uplink, vlan = name.partition("@")
    return (unquote(network), vlan) if is_uplink else None


def folder(directory: Path) -> Path:
    """Where the files are."""
    return directory / "cpal" / "ports"


def assigned(directory: Path, port: str) -> Place | None:
    """Where a port belongs, if the leaf was told."""
    try:
        return msgspec.json.decode((folder(directory) / port).read_bytes(), type=Place)
    except FileNotFoundError:
        return None


def every_place(directory: Path) -> Iterator[tuple[str, Place]]:
    """All ports of which the leaf was told."""
    for file in sorted(folder(directory).glob("[!.]*")):
        yield file.name, msgspec.json.decode(file.read_bytes(), type=Place)


def assign(directory: Path, port: str, place: Place) -> None:
    """Tell the leaf where a port belongs; a killed write leaves the old."""
    keep(directory, port, msgspec.json.encode(place).decode())


def keep(directory: Path, port: str, text: str) -> None:
    """Have its file be this text, none where there is nothing to say."""
    write(folder(directory) / port, text)


def forget(directory: Path, port: str) -> None:
    """Tell it that the port belongs nowhere."""
    keep(directory, port, "")


def move_lines(port: str, now_in: str, place: Place) -> list[str]:
    """What a shell does on the leaf to bring a port that is in a VRF ("" for none) to its place.

    A leaf learns a neighbour from what it hears; the port's own MAC address is nobody's.
    """
    at, there = (f"ip -n {vrf}" if vrf else "ip" for vrf in (now_in, place.vrf))
    lines = [f"{at} link set {port} netns {place.vrf or LEAF}"] if now_in != place.vrf else []
    state = "up" if place.up else "down"
    into = f"master {place.bridge} addrgenmode none" if place.bridge else "nomaster addrgenmode eui64"
    mtu = f" mtu {place.mtu}" if place.mtu else ""
    return [*lines, f"{there} link set {port} {into}{mtu} {state}"]


def leave_lines(port: str, now_in: str, up: bool, mtu: int = 0) -> list[str]:
    """What takes a port out of everything; an interface that is moved is down then. An `mtu` of 0 is what it has."""
    lines = [f"ip -n {now_in} link set {port} nomaster", f"ip -n {now_in} link set {port} netns {LEAF}"]
    lines = lines if now_in else [f"ip link set {port} nomaster"]
    return [*lines, f"ip link set {port}{f' mtu {mtu}' if mtu else ''} {'up' if up else 'down'}"]
