"""Which network each bridge and VXLAN device of a leaf is of, whatever it is called there. Pure.

Theory. cpal calls a network's bridge after its VNI, and so its VXLAN device. Others call theirs as they like; but a
bridge with one VXLAN device in it is that VNI's. So such a device has the name that cpal would give it, unless another
has that name already, and so has its bridge. One that is in no VRF is where nothing is routed: its addresses are the
leaf's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cpal.core.rows import RowKey
from cpal.drivers.devices.frr.render.names import bridge_key, vxlan_key
from cpal.drivers.devices.render_fabric import LAYER_2

Link = dict[str, Any]
"""As `ip -d -j address show` tells of one."""
At = tuple[str, str]
"""A network interface: the namespace that it is in ("" for the leaf's own), and its name there."""


class Space(NamedTuple):
    """A network namespace: its name, "" for the leaf's own, whether IPv4 is forwarded in it, and what is in it.

    `filters` is what nft says of the table `cpal` there, None where there is no nft.
    """

    name: str
    forwards: bool
    links: Sequence[Link]
    filters: Mapping[str, Any] | None = None


class Names(NamedTuple):
    """Whose names are other than cpal's: the row of each bridge and VXLAN device, and where each row is."""

    rows: Mapping[At, RowKey]
    places: Mapping[RowKey, At]


NO_NAMES = Names({}, {})


def named(leaf: str, spaces: Sequence[Space]) -> Names:
    """The rows of what others named."""
    tunnels = [(space.name, link) for space in spaces for link in space.links if vni_of(link) and "master" in link]
    taken = {link["ifname"] for space in spaces for link in space.links}
    bridges = Counter((space, link["master"]) for space, link in tunnels)
    rows: dict[At, RowKey] = {}
    for space, link in tunnels:
        vni, master = vni_of(link), link["master"]
        if bridges[space, master] > 1:
            continue
        if link["ifname"] != f"vx{vni}" and f"vx{vni}" not in taken:
            rows[space, link["ifname"]] = vxlan_key(leaf, f"vx{vni}")
        if space == "" or master != f"br{vni}":
            key = bridge_key(leaf, space or LAYER_2, f"br{vni}")
            rows |= {} if key in rows.values() else {(space, master): key}
    return Names(rows, {key: at for at, key in rows.items()})


def vni_of(link: Link) -> int:
    """The VNI of a VXLAN device; 0 of any other interface, and of one that carries many."""
    about = link.get("linkinfo", {})
    return int(about.get("info_data", {}).get("id", 0)) if about.get("info_kind") == "vxlan" else 0
