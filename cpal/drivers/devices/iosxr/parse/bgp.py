"""IOS-XR: BGP sessions, from either tree."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from cpal.drivers.devices.iosxr.parse.tree import either, is_true, members, plain, whole
from cpal.drivers.devices.parse.asking import XML, Ask, Asking
from cpal.drivers.devices.parse.values import as_number, ip
from cpal.model.device.bgp import AfiSafi, BgpInstance, BgpNeighbor

NAMING = "<Naming><InstanceName>default</InstanceName></Naming>"
VRFS = Ask(
    "<Get><Operational><BGP><ConfigInstanceTable><ConfigInstance>"
    f"{NAMING}<ConfigInstanceVRFTable></ConfigInstanceVRFTable>"
    "</ConfigInstance></ConfigInstanceTable></BGP></Operational></Get>",
    XML,
)
PARTS = "<GlobalProcessInfo></GlobalProcessInfo><NeighborTable></NeighborTable>"
NETCONF = Ask(
    '<bgp xmlns="http://cisco.com/ns/yang/Cisco-IOS-XR-ipv4-bgp-oper"><instances><instance><instance-active>'
    "<default-vrf/><vrfs/></instance-active></instance></instances></bgp>",
    XML,
    recorded="ipv4-bgp-oper_bgp",
)
STATES = ("Unknown", "Idle", "Connect", "OpenSent", "OpenConfirm", "Active", "Established")
"""Source: Cisco-IOS-XR-ipv4-bgp-oper, `bgp-st`; RFC 4271, 8.2.2."""
WORDS = {"estab": "Established", "opensent": "OpenSent", "openconfirm": "OpenConfirm"}
NO_ADDRESS = ("0.0.0.0", "::")
DEFAULT = "default"
ADMIN_STATUS = "connection-admin-status"
"""Of the transport: a session that is enabled has 0 or 1, and why is not documented."""


def _instance(inside: str) -> Ask:
    return Ask(
        f"<Get><Operational><BGP><InstanceTable><Instance>{NAMING}{inside}"
        "</Instance></InstanceTable></BGP></Operational></Get>",
        XML,
    )


def _of_vrf(name: str) -> str:
    return f"<InstanceActive><VRFTable><VRF><Naming>{name}</Naming>{PARTS}</VRF></VRFTable></InstanceActive>"


def bgp_neighbors() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of the default VRF and of those that are configured, over the XML agent."""
    (configured,) = yield (VRFS,)
    names = [either(each, "naming/vrfname") or "" for each in plain(configured).iter("configvrf")]
    default = f"<InstanceActive><DefaultVRF>{PARTS}</DefaultVRF></InstanceActive>"
    replies = yield tuple(_instance(each) for each in (default, *map(_of_vrf, names)))
    found = []
    for name, reply in zip((None, *names), replies, strict=True):
        tree = plain(reply)
        found.append(
            BgpInstance(
                vrf=name,
                router_id=either(tree, ".//globalprocessinfo/vrf/routerid"),
                neighbors=tuple(_neighbor(each) for each in tree.iter("neighbor")),
            )
        )
    return tuple(found)


def bgp_neighbors_netconf() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of the default VRF and of the others, over NETCONF."""
    (reply,) = yield (NETCONF,)
    active = plain(reply).find(".//instanceactive")
    return tuple(
        BgpInstance(
            vrf=either(vrf, "vrfname"),
            router_id=either(vrf, "globalprocessinfo/vrf/routerid"),
            neighbors=tuple(_neighbor(each) for each in members(vrf, "neighbors/neighbor")),
        )
        for vrf in members(active, "defaultvrf", "vrfs/vrf")
    )


def _neighbor(told: Element) -> BgpNeighbor:
    up = _state(either(told, "connectionstate")) == "Established"
    return BgpNeighbor(
        address=_address(told, "naming/neighboraddress") or _address(told, "neighboraddress") or "",
        enabled=not is_true(told, "isadministrativelyshutdown"),
        options=(f"{ADMIN_STATUS} {either(told, 'connectionadminstatus')}",),
        up=up,
        session_state=_state(either(told, "connectionstate")),
        local_as=_as(told, "localas"),
        peer_as=_as(told, "remoteas"),
        router_id=either(told, "routerid"),
        description=either(told, "description"),
        established_s=whole(told, "connectionestablishedtime") if up else None,
        afi_safis=tuple(_families(told)),
    )


def _as(told: Element, name: str) -> int | None:
    found = either(told, name)
    return None if found is None else as_number(found)


def _address(told: Element, path: str) -> str | None:
    found = either(told, f"{path}/ipv4address", f"{path}/ipv6address", path)
    return ip(found) if found else None


def _state(told: str | None) -> str | None:
    """`BGP_ST_ESTAB`, `bgp-st-estab` or the number of a state, as RFC 4271 names it."""
    if told is None or told.isdigit():
        return STATES[int(told)] if told and int(told) < len(STATES) else None
    word = told.replace("-", "_").lower().removeprefix("bgp_st_").replace("_", "")
    return WORDS.get(word, word.title())


def _families(told: Element) -> Iterator[AfiSafi]:
    for each in [*members(told, "afdata/entry")] or [*members(told, "afdata")]:
        accepted, denied = whole(each, "prefixesaccepted"), whole(each, "prefixesdenied")
        yield AfiSafi(
            name=_family(either(each, "afname", "aftype") or ""),
            received=None if accepted is None and denied is None else (accepted or 0) + (denied or 0),
            accepted=accepted,
            sent=whole(each, "prefixesadvertised"),
        )


def _family(told: str) -> str:
    """`IPv4Unicast`, `ipv4` or a number as OpenConfig has it; IPv4 unicast where it is not told."""
    word = told.lower()
    afi = "IPV6" if "ipv6" in word else "L2VPN" if "l2vpn" in word else "IPV4"
    safi = next((each for each in ("multicast", "flowspec", "evpn", "mdt") if each in word), "unicast")
    return f"{afi}_{safi.upper()}"


def bgp_neighbors_detail() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions with timers, transport and counts, over the XML agent."""
    (configured,) = yield (VRFS,)
    names = [either(each, "naming/vrfname") or "" for each in plain(configured).iter("configvrf")]
    (reply,) = yield (_instance("".join(_of_vrf(name) for name in sorted({DEFAULT, *names}))),)
    return tuple(
        _detailed(vrf, either(vrf, "naming/vrfname") or DEFAULT)
        for vrf in plain(reply).findall(".//instanceactive/vrftable/vrf")
    )


def bgp_neighbors_detail_netconf() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions with timers, transport and counts, over NETCONF."""
    (reply,) = yield (NETCONF,)
    active = plain(reply).find(".//instanceactive")
    return (
        *(_detailed(each, DEFAULT) for each in members(active, "defaultvrf")),
        *(_detailed(each, either(each, "vrfname") or "") for each in members(active, "vrfs/vrf")),
    )


def _detailed(vrf: Element, name: str) -> BgpInstance:
    told = vrf.find("globalprocessinfo/vrf")
    timers = (whole(told, "holdtime"), whole(told, "keepalivetime"))
    return BgpInstance(
        vrf=None if name == DEFAULT else name,
        router_id=either(told, "routerid"),
        neighbors=tuple(
            _detail(each, *timers) for each in members(vrf, "neighbortable/neighbor", "neighbors/neighbor")
        ),
    )


def _detail(told: Element, hold: int | None, keepalive: int | None) -> BgpNeighbor:
    first = next(iter((*members(told, "afdata/entry"), *members(told, "afdata"))), None)
    accepted, denied = whole(first, "prefixesaccepted"), whole(first, "prefixesdenied")
    local = _address(told, "connectionlocaladdress")
    state = _state(either(told, "connectionstate"))
    router_id = either(told, "routerid")
    return BgpNeighbor(
        address=_address(told, "connectionremoteaddress") or "",
        up=state == "Established",
        session_state=state,
        previous_session_state=_state(either(told, "previousconnectionstate")),
        local_as=_as(told, "localas"),
        peer_as=_as(told, "remoteas"),
        router_id=None if router_id in NO_ADDRESS else router_id,
        description=either(told, "description"),
        local_address=None if local in NO_ADDRESS else local,
        local_address_configured=is_true(told, "islocaladdressconfigured"),
        local_port=whole(told, "connectionlocalport") or None,
        remote_port=whole(told, "connectionremoteport") or None,
        multihop=is_true(told, "isexternalneighbornotdirectlyconnected"),
        multipath=is_true(first, "selectivemultipatheligible"),
        remove_private_as=is_true(first, "removeprivateasfromupdates"),
        suppress_4byte_as=is_true(told, "suppress4byteas"),
        local_as_prepend=not is_true(told, "localasnoprepend"),
        import_policy=either(first, "routepolicyin"),
        export_policy=either(first, "routepolicyout"),
        messages_received=whole(told, "messgesreceived"),
        messages_sent=whole(told, "messagessent"),
        updates_received=whole(told, "updatemessagesin"),
        updates_sent=whole(told, "updatemessagesout"),
        queued_out=whole(told, "messagesqueuedout"),
        hold_time_s=whole(told, "holdtime") or hold,
        configured_hold_time_s=whole(told, "configuredholdtime"),
        keepalive_s=whole(told, "keepalivetime") or keepalive,
        configured_keepalive_s=whole(told, "configuredkeepalive"),
        active_prefixes=whole(first, "numberofbestpaths"),
        received_prefixes=(accepted or 0) + (denied or 0),
        accepted_prefixes=accepted,
        suppressed_prefixes=denied,
        sent_prefixes=whole(first, "prefixesadvertised"),
        flaps=whole(told, "connectiondowncount"),
        afi_safis=tuple(_families(told)),
    )
