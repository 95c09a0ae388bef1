"""Junos: BGP sessions, and BGP as it is configured."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from cpal.drivers.devices.junos.parse.rpc import configured, rpc
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.values import as_number, ip, is_ip
from cpal.drivers.devices.parse.xml import attribute, number, text, texts
from cpal.model.device.bgp import AfiSafi, BgpConfig, BgpInstance, BgpNeighbor, PeerConfig, PeerGroup, PrefixLimit

MASTER = "master"
INTERNAL = "__"
"""What names of instances that Junos keeps for itself begin with."""
FAMILIES = {
    "inet": "IPV4_UNICAST",
    "inet6": "IPV6_UNICAST",
    "inetflow": "IPV4_FLOWSPEC",
    "bgp.l3vpn": "L3VPN_IPV4_UNICAST",
    "bgp.l3vpn-inet6": "L3VPN_IPV6_UNICAST",
    "bgp.evpn": "L2VPN_EVPN",
}
"""Address families by the name of their routing table."""
MULTIHOP_TTL = 64
"""Source: Junos BGP User Guide, `multihop`: the TTL without a value."""


def bgp_neighbors() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of every routing instance that has some."""
    (reply,) = yield (rpc("get-instance-information"),)
    names = [name for name in texts(reply, ".//instance-core/instance-name") if not name.startswith(INTERNAL)]
    found = []
    for name in names:
        told, summary = yield (
            rpc("get-bgp-neighbor-information", instance=name, optional=True),
            rpc("get-bgp-summary-information", instance=name, optional=True),
        )
        peers = [] if told is None else list(told.iter("bgp-peer"))
        ages = {} if summary is None else dict(map(_age, summary.iter("bgp-peer")))
        if peers:
            found.append(_bgp_instance(name, [_neighbor(peer, name, ages) for peer in peers]))
    return tuple(found)


def _age(peer: Element) -> tuple[str, int | None]:
    return _address(text(peer, "peer-address") or "")[0], attribute(peer, "elapsed-time", "seconds")


def _bgp_instance(name: str, neighbors: list[BgpNeighbor]) -> BgpInstance:
    return BgpInstance(
        vrf=None if name == MASTER else name,
        router_id=neighbors[0].local_router_id,
        local_as=neighbors[0].local_as,
        neighbors=tuple(neighbors),
    )


def _address(told: str) -> tuple[str, int | None]:
    """An address and, behind a plus, a port."""
    address, _, port = told.partition("+")
    return ip(address) if is_ip(address) else address, int(port) if port else None


def _neighbor(peer: Element, instance: str, ages: dict[str, int | None]) -> BgpNeighbor:
    address, _ = _address(text(peer, "peer-address") or "")
    up = text(peer, "peer-state") == "Established"
    options = (text(peer, "bgp-option-information/bgp-options-extended") or "").lower().split()
    age = ages.get(address)
    return BgpNeighbor(
        address=address,
        enabled="shutdown" not in options,
        up=up,
        session_state=text(peer, "peer-state"),
        local_as=_as(peer, "local-as"),
        peer_as=_as(peer, "peer-as"),
        router_id=text(peer, "peer-id"),
        local_router_id=text(peer, "local-id"),
        description=text(peer, "description"),
        established_s=age if up else None,
        down_s=None if up else age,
        afi_safis=tuple(_families(peer, instance)) if up else (),
    )


def _as(of: Element, path: str) -> int | None:
    told = text(of, path)
    return None if told is None else as_number(told)


def _families(peer: Element, instance: str) -> list[AfiSafi]:
    """The routing tables of a session that are its instance's own: `inet.0`, or `INSTANCE.inet.0`."""
    found = []
    for rib in peer.findall("bgp-rib"):
        table = (text(rib, "name") or "").rpartition(".")[0]
        name = FAMILIES.get(table if instance == MASTER else table.rpartition(".")[2])
        if name is not None:
            found.append(
                AfiSafi(
                    name=name,
                    received=number(rib, "received-prefix-count"),
                    accepted=number(rib, "accepted-prefix-count"),
                    sent=number(rib, "advertised-prefix-count"),
                )
            )
    return found


def bgp_neighbors_detail() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of every routing instance, with timers, transport and counts."""
    (reply,) = yield (rpc("get-instance-information"),)
    names = [name for name in texts(reply, ".//instance-core/instance-name") if not name.startswith(INTERNAL)]
    replies = yield tuple(rpc("get-bgp-neighbor-information", instance=name, optional=True) for name in names)
    found = []
    for name, told in zip(names, replies, strict=True):
        peers = [] if told is None else list(told.iter("bgp-peer"))
        if peers:
            found.append(_bgp_instance(name, [_detail(peer, name) for peer in peers]))
    return tuple(found)


def _detail(peer: Element, instance: str) -> BgpNeighbor:
    address, port = _address(text(peer, "peer-address") or "")
    local, local_port = _address(text(peer, "local-address") or "")
    told = peer.find("bgp-option-information")
    options = (text(told, "bgp-options") or "").split()
    advertised = _as(peer, "peer-4byte-as-capability-advertised")
    return BgpNeighbor(
        address=address,
        remote_port=port,
        local_address=local or None,
        local_port=local_port,
        up=text(peer, "peer-state") == "Established",
        enabled="shutdown" not in (text(told, "bgp-options-extended") or "").lower().split(),
        session_state=text(peer, "peer-state"),
        previous_session_state=text(peer, "last-state"),
        last_event=text(peer, "last-event"),
        local_as=_as(peer, "local-as"),
        peer_as=_as(peer, "peer-as"),
        router_id=text(peer, "peer-id"),
        local_router_id=text(peer, "local-id"),
        description=text(peer, "description"),
        options=tuple(options),
        multihop="Multihop" in options,
        multipath="Multipath" in options,
        remove_private_as="RemovePrivateAS" in options,
        suppress_4byte_as=advertised != _as(peer, "peer-as"),
        additional_paths=False if peer.find("peer-addpath-not-supported") is not None else None,
        import_policy=text(told, "import-policy"),
        export_policy=text(told, "export-policy"),
        messages_received=number(peer, "input-messages"),
        messages_sent=number(peer, "output-messages"),
        updates_received=number(peer, "input-updates"),
        updates_sent=number(peer, "output-updates"),
        queued_out=sum(number(each, "count") or 0 for each in peer.findall("bgp-output-queue")),
        hold_time_s=number(peer, "active-holdtime"),
        configured_hold_time_s=number(told, "holdtime"),
        keepalive_s=number(peer, "keepalive-interval"),
        configured_keepalive_s=number(peer, "keepalive-interval"),
        flaps=number(peer, "flap-count"),
        afi_safis=tuple(_families(peer, instance)),
        **_totals(peer),
    )


TOTALS = {
    "active_prefixes": "active-prefix-count",
    "received_prefixes": "received-prefix-count",
    "accepted_prefixes": "accepted-prefix-count",
    "suppressed_prefixes": "suppressed-prefix-count",
    "sent_prefixes": "advertised-prefix-count",
}


def _totals(peer: Element) -> dict[str, Any]:
    """Prefixes over all routing tables of a session; nothing where it has none."""
    ribs = peer.findall("bgp-rib")
    return {field: sum(number(rib, path) or 0 for rib in ribs) for field, path in TOTALS.items()} if ribs else {}


def bgp_config() -> Asking[BgpConfig]:
    """Groups and their neighbours, as configured."""
    options, groups, policies = yield (
        configured("routing-options/autonomous-system"),
        configured("protocols/bgp/group"),
        configured("policy-options/policy-statement", optional=True),
    )
    local_as = _as(options, ".//autonomous-system/as-number")
    own = frozenset() if policies is None else frozenset(_policies_with_own_next_hop(policies))
    return BgpConfig(local_as=local_as, groups=tuple(_group(each, own) for each in groups.iter("group")))


def _policies_with_own_next_hop(policies: Element) -> list[str]:
    """Names of the policies that set the next hop to the device itself."""
    statements = policies.iter("policy-statement")
    return [text(each, "name") or "" for each in statements if each.find(".//then/next-hop/self") is not None]


def _group(told: Element, own: frozenset[str]) -> PeerGroup:
    multihop = told.find("multihop")
    return PeerGroup(
        name=text(told, "name"),
        type=text(told, "type"),
        description=text(told, "description"),
        apply_groups=texts(told, "apply-groups"),
        peer_as=_as(told, "peer-as"),
        local_as=_as(told, "local-as/as-number"),
        local_address=_local_address(told),
        import_policy=" ".join(texts(told, "import")) or None,
        export_policy=" ".join(texts(told, "export")) or None,
        multihop_ttl=None if multihop is None else number(multihop, "ttl") or MULTIHOP_TTL,
        multipath=told.find("multipath") is not None,
        remove_private_as=told.find("remove-private") is not None,
        route_reflector_client=told.find("cluster") is not None,
        prefix_limits=_limits(told),
        peers=tuple(_peer(each, own) for each in told.findall("neighbor")),
    )


def _local_address(told: Element) -> str | None:
    address = text(told, "local-address")
    return ip(address) if address and is_ip(address) else address


def _peer(told: Element, own: frozenset[str]) -> PeerConfig:
    exported = texts(told, "export")
    return PeerConfig(
        address=ip(text(told, "name") or ""),
        description=text(told, "description"),
        peer_as=_as(told, "peer-as"),
        local_as=_as(told, "local-as/as-number"),
        local_address=_local_address(told),
        import_policy=" ".join(texts(told, "import")) or None,
        export_policy=" ".join(exported) or None,
        auth_password=text(told, "authentication-key"),
        next_hop_self=bool(own & frozenset(exported)),
        route_reflector_client=True if told.find("cluster") is not None else None,
        prefix_limits=_limits(told),
    )


def _limits(told: Element) -> tuple[PrefixLimit, ...]:
    found = []
    for afi in ("inet", "inet6"):
        for safi in ("unicast", "flow"):
            limit = told.find(f"family/{afi}/{safi}/prefix-limit")
            most = number(limit, "maximum")
            if most is not None:
                warning = number(limit, "teardown/limit-threshold")
                restart = number(limit, "teardown/idle-timeout/timeout")
                found.append(
                    PrefixLimit(afi=afi, safi=safi, max_prefixes=most, warning_percent=warning, restart_min=restart)
                )
    return tuple(found)
