"""FRR: BGP sessions and routes. Source: FRR user manual, "BGP", "Zebra"; the JSON of each command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cpal.drivers.devices.frr.parse.vrfs import DEFAULT, Vrf, in_each, vtysh
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.values import is_ip, seconds
from cpal.errors import Invalid
from cpal.model.device.bgp import AfiSafi, BgpInstance, BgpNeighbor
from cpal.model.device.route import Route

ESTABLISHED = "Established"
FAMILIES = {
    "ipv4Unicast": "ipv4 unicast", "ipv6Unicast": "ipv6 unicast", "l2VpnEvpn": "l2vpn evpn",
    "ipv4Vpn": "ipv4 vpn", "ipv6Vpn": "ipv6 vpn",
}  # fmt: skip
MILLI = 1000


def bgp_neighbors() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of every VRF that speaks BGP."""
    instances, told = yield (
        vtysh("show bgp vrfs json", optional=True), vtysh("show bgp vrf all neighbors json", optional=True)
    )  # fmt: skip
    found = []
    for name, instance in (instances or {}).get("vrfs", {}).items():
        inside = (told or {}).get(name, {})
        peers = [(peer, each) for peer, each in inside.items() if isinstance(each, dict)]
        found.append(
            BgpInstance(
                vrf=None if name == DEFAULT else name,
                router_id=instance.get("routerId"),
                local_as=next((each.get("localAs") for _, each in peers), None),
                neighbors=tuple(_neighbor(peer, each) for peer, each in peers),
            )
        )
    return tuple(found)


def _neighbor(name: str, told: dict[str, Any]) -> BgpNeighbor:
    state = told["bgpState"]
    up = state == ESTABLISHED
    since = told.get("bgpTimerUpMsec") if up else told.get("lastResetTimerMsecs")
    messages = told.get("messageStats", {})
    return BgpNeighbor(
        address=told.get("bgpNeighborAddr") or name,
        enabled=not told.get("adminShutDown", False),
        up=up,
        local_as=told.get("localAs"),
        peer_as=told.get("remoteAs"),
        router_id=told.get("remoteRouterId") if up else None,
        local_router_id=told.get("localRouterId"),
        description=told.get("nbrDesc"),
        established_s=since // MILLI if up and since is not None else None,
        down_s=since // MILLI if not up and since is not None else None,
        session_state=state,
        local_address=told.get("hostLocal"),
        local_port=told.get("portLocal"),
        remote_port=told.get("portForeign"),
        messages_received=messages.get("totalRecv"),
        messages_sent=messages.get("totalSent"),
        updates_received=messages.get("updatesRecv"),
        updates_sent=messages.get("updatesSent"),
        queued_out=messages.get("depthOutq"),
        hold_time_s=_whole(told.get("bgpTimerHoldTimeMsecs")),
        configured_hold_time_s=_whole(told.get("bgpTimerConfiguredHoldTimeMsecs")),
        keepalive_s=_whole(told.get("bgpTimerKeepAliveIntervalMsecs")),
        configured_keepalive_s=_whole(told.get("bgpTimerConfiguredKeepAliveIntervalMsecs")),
        flaps=told.get("connectionsDropped"),
        afi_safis=tuple(
            AfiSafi(
                name=FAMILIES.get(family, family),
                accepted=each.get("acceptedPrefixCounter"),
                sent=each.get("sentPrefixCounter"),
            )
            for family, each in told.get("addressFamilyInfo", {}).items()
        ),
    )


def _whole(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds // MILLI


def route_to(destination: str, protocol: str = "", *, longer: bool = False) -> Asking[tuple[Route, ...]]:
    """Routes to a prefix or an address in every VRF, or with `longer` to those within it; of a protocol or of all.

    Raises:
        Invalid: not a prefix and not an address.
    """
    if not is_ip(destination.partition("/")[0]):
        raise Invalid("that is no prefix and no address", key=destination)
    family = "ipv6" if ":" in destination else "ip"
    words = f"{destination} longer-prefixes" if longer else destination
    found = yield from in_each(f"show {family} route vrf {{vrf}} {words} json")
    return tuple(
        route
        for vrf, tables in found
        for entries in tables.values()
        for entry in entries
        if protocol in ("", entry["protocol"])
        for route in _routes(vrf, entry)
    )


def _routes(vrf: Vrf, told: dict[str, Any]) -> Iterable[Route]:
    """A route for each of its next hops."""
    age = seconds(told["uptime"])
    for hop in told.get("nexthops", ()):
        yield Route(
            prefix=told["prefix"],
            protocol=told["protocol"],
            vrf=vrf.told,
            active=told.get("selected", False),
            selected=hop.get("active", False),
            next_hop=hop.get("ip"),
            discard=hop.get("blackhole", False) or hop.get("unreachable", False),
            interface=hop.get("interfaceName"),
            preference=told["distance"],
            metric=told["metric"],
            tag=told.get("tag") or None,
            age_s=None if age is None else int(age),
        )
