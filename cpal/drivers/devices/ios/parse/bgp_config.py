"""IOS: BGP as it is configured, outside VRFs. Source: Cisco IOS IP Routing: BGP Command Reference, `neighbor ...`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from cpal.drivers.devices.ios.parse.system import SHOW_RUNNING
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.values import as_number, is_ip
from cpal.model.device.bgp import BgpConfig, PeerConfig, PeerGroup, PrefixLimit

SECTION = re.compile(r"^router bgp ([\d.]+)\n((?:[ !].*\n?|\n)*)", re.MULTILINE)
WITH_VALUE: dict[str, tuple[str, Callable[[str], Any]]] = {
    "remote-as": ("peer_as", as_number),
    "local-as": ("local_as", as_number),
    "update-source": ("local_address", str),
    "ebgp-multihop": ("multihop_ttl", int),
}
SWITCHES = {
    "next-hop-self": "next_hop_self",
    "route-reflector-client": "route_reflector_client",
    "remove-private-as": "remove_private_as",
}
DIRECTIONS = {"in": "import_policy", "out": "export_policy"}
GROUP_ONLY = frozenset(("multihop_ttl", "remove_private_as"))
PEER_ONLY = frozenset(("auth_password",))
AFIS = {"ipv4": "inet", "ipv6": "inet6"}
LIMIT = re.compile(r"(\d+)(?: (\d+))?(?: restart (\d+))?")


def bgp_config() -> Asking[BgpConfig]:
    """Peer groups and peers, as configured; nothing where BGP does not run."""
    (text,) = yield (SHOW_RUNNING,)
    section = SECTION.search(text)
    if section is None:
        return BgpConfig()
    local_as = as_number(section[1])
    fields: dict[str, dict[str, Any]] = {}
    member_of: dict[str, str] = {}
    for family, name, options in _lines(section[2]):
        of = fields.setdefault(name, {"afi_safis": (), "prefix_limits": ()})
        if family and family not in of["afi_safis"]:
            of["afi_safis"] = (*of["afi_safis"], family)
        if options[0] == "peer-group" and len(options) > 1:
            member_of[name] = options[1]
        elif options[0] == "maximum-prefix":
            of["prefix_limits"] = (*of["prefix_limits"], _limit(family, " ".join(options[1:])))
        else:
            of.update(_option(options))
    return BgpConfig(local_as=local_as, groups=tuple(_groups(local_as, fields, member_of)))


def _lines(section: str) -> Iterator[tuple[str, str, list[str]]]:
    """The address family, the neighbour or group, and the words of each line that is not of a VRF."""
    family, in_vrf = "", False
    for line in section.splitlines():
        words = line.split()
        if words[:1] == ["address-family"]:
            family, in_vrf = " ".join(words[1:3]), "vrf" in words
        elif words[:1] == ["exit-address-family"]:
            family, in_vrf = "", False
        elif words[:1] == ["neighbor"] and len(words) > 2 and not in_vrf:
            yield family, words[1], words[2:]


def _option(options: list[str]) -> dict[str, Any]:
    word, values = options[0], options[1:]
    if word in SWITCHES:
        return {SWITCHES[word]: True}
    if word == "description":
        return {"description": " ".join(values)}
    if word in WITH_VALUE and values:
        field, convert = WITH_VALUE[word]
        return {field: convert(values[0])}
    if word == "route-map" and len(values) == 2 and values[1] in DIRECTIONS:
        return {DIRECTIONS[values[1]]: values[0]}
    return {"auth_password": values[-1]} if word == "password" and values else {}


def _limit(family: str, told: str) -> PrefixLimit:
    found = LIMIT.match(told)
    most, warning, restart = found.groups() if found else ("0", None, None)
    afi, _, safi = (family or "ipv4").partition(" ")
    return PrefixLimit(
        afi=AFIS.get(afi, afi),
        safi=safi or "unicast",
        max_prefixes=int(most),
        warning_percent=int(warning) if warning else None,
        restart_min=int(restart) if restart else None,
    )


def _groups(local_as: int, fields: dict[str, dict[str, Any]], member_of: dict[str, str]) -> Iterator[PeerGroup]:
    names = [name for name in fields if not is_ip(name)]
    for group in [None, *names]:
        own = {key: value for key, value in fields.get(group or "", {}).items() if key not in PEER_ONLY}
        peers = [name for name in fields if is_ip(name) and member_of.get(name) == group]
        kind = None
        if group is not None:
            kind = "internal" if own.get("peer_as") == own.get("local_as", local_as) else "external"
        yield PeerGroup(
            name=group,
            type=kind,
            peers=tuple(
                PeerConfig(address=name, **{key: value for key, value in fields[name].items() if key not in GROUP_ONLY})
                for name in peers
            ),
            **own,
        )
