"""EOS: BGP as it is configured. Source: EOS User Manual, Border Gateway Protocol, `neighbor ...` commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import as_number, is_ip
from cpal.model.device.bgp import BgpConfig, PeerConfig, PeerGroup

WITH_VALUE: dict[str, tuple[str, Callable[[str], Any]]] = {
    "description": ("description", str),
    "remote-as": ("peer_as", as_number),
    "local-as": ("local_as", as_number),
    "local-v4-addr": ("local_address", str),
    "local-v6-addr": ("local_address", str),
    "ebgp-multihop": ("multihop_ttl", int),
}
SWITCHES = {
    "next-hop-self": "next_hop_self",
    "route-reflector-client": "route_reflector_client",
    "remove-private-as": "remove_private_as",
}
DIRECTIONS = {"in": "import_policy", "out": "export_policy"}
GROUP_ONLY = frozenset(("multihop_ttl", "remove_private_as"))
PEER_ONLY = frozenset(("route_reflector_client", "auth_password"))
EBGP_MULTIHOP_TTL = 255
"""Source: EOS User Manual, `neighbor ebgp-multihop` without a value."""


def bgp_config() -> Asking[BgpConfig]:
    """Peer groups and peers, as configured; nothing where BGP does not run."""
    (text,) = yield (Ask("show running-config | section router bgp", TEXT),)
    local_as = None
    groups: dict[str, dict[str, Any]] = {}
    peers: dict[str, dict[str, Any]] = {}
    member_of: dict[str, str] = {}
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["router", "bgp"]:
            local_as = as_number(words[2])
        negated = words[:1] == ["no"]
        words = words[1:] if negated else words
        if words[:1] != ["neighbor"] or len(words) < 3:
            continue
        name, options = words[1], words[2:]
        group = _group(options)
        if is_ip(name):
            peers.setdefault(name, {}).update(_option(options, negated))
            if group:
                member_of[name] = group
        else:
            groups.setdefault(name, {}).update(_option(options, negated))
    return _config(local_as, groups, peers, member_of)


def _group(options: list[str]) -> str | None:
    """The group that `peer-group NAME` or, since 4.23, `peer group NAME` names."""
    rest = options[1:] if options[0] == "peer-group" else options[2:] if options[:2] == ["peer", "group"] else []
    return rest[0] if rest else None


def _option(options: list[str], negated: bool) -> dict[str, Any]:
    word, values = options[0], options[1:]
    if word in SWITCHES:
        return {SWITCHES[word]: not negated}
    if negated:
        return {}
    if word in WITH_VALUE and (values or word == "ebgp-multihop"):
        field, convert = WITH_VALUE[word]
        whole = " ".join(values) if word == "description" else values[0] if values else str(EBGP_MULTIHOP_TTL)
        return {field: convert(whole)}
    if word == "route-map" and len(values) == 2 and values[1] in DIRECTIONS:
        return {DIRECTIONS[values[1]]: values[0]}
    if word == "password" and values:
        return {"auth_password": values[-1]}
    return {}


def _config(
    local_as: int | None,
    groups: dict[str, dict[str, Any]],
    peers: dict[str, dict[str, Any]],
    member_of: dict[str, str],
) -> BgpConfig:
    if local_as is None:
        return BgpConfig()
    made: dict[str | None, list[PeerConfig]] = {None: [], **{name: [] for name in groups}}
    for address, fields in peers.items():
        kept = {field: value for field, value in fields.items() if field not in GROUP_ONLY}
        made.setdefault(member_of.get(address), []).append(PeerConfig(address=address, **kept))
    return BgpConfig(
        local_as=local_as,
        groups=tuple(
            PeerGroup(
                name=name,
                peers=tuple(members),
                **{field: value for field, value in groups.get(name or "", {}).items() if field not in PEER_ONLY},
            )
            for name, members in made.items()
        ),
    )
