"""IOS-XR: BGP as it is configured in the default VRF, from either tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from cpal.drivers.devices.iosxr.parse.tree import either, is_true, members, plain, whole
from cpal.drivers.devices.parse.asking import XML, Ask, Asking
from cpal.drivers.devices.parse.values import ip
from cpal.model.device.bgp import BgpConfig, PeerConfig, PeerGroup, PrefixLimit

ASK = Ask(
    "<Get><Configuration><BGP><Instance><Naming><InstanceName>default</InstanceName></Naming></Instance></BGP>"
    "</Configuration></Get>",
    XML,
)
ASK_NETCONF = Ask(
    '<bgp xmlns="http://cisco.com/ns/yang/Cisco-IOS-XR-ipv4-bgp-cfg"><instance><instance-name>default</instance-name>'
    "</instance></bgp>",
    XML,
    recorded="ipv4-bgp-cfg_bgp__running",
)
AFIS = {"ipv4": "inet", "ipv6": "inet6"}
FAMILY = re.compile(r"(ipv[46]|l2vpn|vpnv[46])-?(.*)")


def bgp_config() -> Asking[BgpConfig]:
    """Neighbour groups and neighbours, as configured, over the XML agent; nothing where BGP does not run."""
    return (yield from _bgp_config(ASK))


def bgp_config_netconf() -> Asking[BgpConfig]:
    """Neighbour groups and neighbours, as configured, over NETCONF; nothing where BGP does not run."""
    return (yield from _bgp_config(ASK_NETCONF))


def _bgp_config(ask: Ask) -> Asking[BgpConfig]:
    (reply,) = yield (ask,)
    tree = plain(reply)
    instance = tree.find(".//bgp/instance")
    local_as = whole(instance, "instanceas/fourbyteas/naming/as", "instanceas/fourbyteas/as")
    if local_as is None:
        return BgpConfig()
    groups = {
        either(each, "naming/neighborgroupname", "neighborgroupname") or "": each for each in tree.iter("neighborgroup")
    }
    peers: dict[str, list[PeerConfig]] = {name: [] for name in ("", *groups)}
    for each in tree.iter("neighbor"):
        peers.setdefault(either(each, "neighborgroupaddmember") or "", []).append(_peer(each))
    return BgpConfig(
        local_as=local_as,
        groups=tuple(_group(name, groups.get(name), held, local_as) for name, held in peers.items()),
    )


def _as(told: Element | None, name: str) -> int | None:
    """An AS number, which is told in two halves of 16 bits: the upper is 0 of one in asplain."""
    low, high = whole(told, f"{name}/as_yy", f"{name}/asyy"), whole(told, f"{name}/as_xx", f"{name}/asxx")
    return None if low is None else ((high or 0) << 16) + low


def _common(told: Element, families: list[Element]) -> dict[str, Any]:
    places = ("localaddress/localipaddress/ipv4address", "localaddress/localipaddress/ipv6address")
    address = either(told, *places, "localaddress/localipaddress")
    return {
        "description": either(told, "description"),
        "peer_as": _as(told, "remoteas"),
        "local_as": _as(told, "localas"),
        "local_address": ip(address) if address else None,
        "import_policy": _first(families, "routepolicyin"),
        "export_policy": _first(families, "routepolicyout"),
        "afi_safis": tuple(_family(each) for each in families),
        "prefix_limits": tuple(_limits(families)),
    }


def _first(families: list[Element], path: str) -> str | None:
    """The text at the path of the first family that has one."""
    return next((found for each in families if (found := either(each, path))), None)


def _peer(told: Element) -> PeerConfig:
    families = list(members(told, "neighboraftable/neighboraf", "neighborafs/neighboraf"))
    places = ("naming/neighboraddress/ipv4address", "naming/neighboraddress/ipv6address", "neighboraddress")
    address = either(told, *places)
    return PeerConfig(
        address=ip(address or ""),
        auth_password=either(told, "password/password/password", "password/password"),
        **_common(told, families),
    )


def _group(name: str, told: Element | None, peers: list[PeerConfig], local_as: int) -> PeerGroup:
    """A group; one that peers name and that is not configured has no type."""
    if told is None:
        return PeerGroup(name=name or None, peers=tuple(peers))
    families = list(members(told, "neighborgroupaftable/neighborgroupaf", "neighborgroupafs/neighborgroupaf"))
    fields = _common(told, families)
    return PeerGroup(
        name=name,
        type="internal" if fields["peer_as"] == (fields["local_as"] or local_as) else "external",
        multihop_ttl=whole(told, "ebgpmultihop/maxhopcount"),
        multipath=any(is_true(each, "multipath") for each in families),
        peers=tuple(peers),
        **fields,
    )


def _family(told: Element) -> str:
    """`IPv4Unicast` as `ipv4 unicast`."""
    word = (either(told, "naming/afname", "afname") or "").lower()
    found = FAMILY.fullmatch(word)
    return " ".join(found.groups()).strip() if found else word


def _limits(families: list[Element]) -> Iterator[PrefixLimit]:
    for each in families:
        most = whole(each, "maximumprefixes/prefixlimit")
        if most is not None:
            afi, _, safi = _family(each).partition(" ")
            yield PrefixLimit(
                afi=AFIS.get(afi, afi),
                safi=safi,
                max_prefixes=most,
                warning_percent=whole(each, "maximumprefixes/warningpercentage"),
                restart_min=whole(each, "maximumprefixes/restarttime") or None,
            )
