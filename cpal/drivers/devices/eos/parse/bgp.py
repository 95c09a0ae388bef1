"""EOS: BGP sessions. Source: eAPI's JSON of `show ip bgp ...`, and its text where the JSON tells less."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import as_number, ip, none_if_empty
from cpal.model.device.bgp import AfiSafi, BgpInstance, BgpNeighbor

SUMMARIES = (Ask("show ip bgp summary vrf all", JSON), Ask("show ipv6 bgp summary vrf all", JSON))
SHUT_DOWN = "Administratively shut down"
FAMILIES = (
    ("IPV4_UNICAST", "prefixesReceived", "prefixesSent"),
    ("IPV6_UNICAST", "v6PrefixesReceived", "v6PrefixesSent"),
)
DEFAULT = "default"


def bgp_neighbors() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of every VRF."""
    v4, v6, *details = yield (
        *SUMMARIES,
        Ask("show ip bgp neighbors vrf all", JSON),
        Ask("show ipv6 bgp peers vrf all", JSON),
    )
    found: dict[str, dict[str, BgpNeighbor]] = {}
    for detail in details:
        for vrf, told in detail["vrfs"].items():
            for peer in told["peerList"]:
                accepted = tuple(_accepted(summary, vrf, ip(peer["peerAddress"])) for summary in (v4, v6))
                found.setdefault(vrf, {})[ip(peer["peerAddress"])] = _neighbor(peer, accepted)
    router_ids = {vrf: ip(told["routerId"]) for summary in (v4, v6) for vrf, told in summary["vrfs"].items()}
    return tuple(
        BgpInstance(
            vrf=None if vrf == DEFAULT else vrf,
            router_id=router_ids.get(vrf),
            neighbors=tuple(found.get(vrf, {}).values()),
        )
        for vrf in dict.fromkeys([*found, *router_ids])
    )


def _accepted(summary: Any, vrf: str, address: str) -> int | None:
    told = summary["vrfs"].get(vrf, {}).get("peers", {}).get(address, {})
    accepted: int | None = told.get("prefixAccepted")
    return accepted


def _neighbor(told: Any, accepted: tuple[int | None, ...]) -> BgpNeighbor:
    state = told["state"]
    return BgpNeighbor(
        address=ip(told["peerAddress"]),
        enabled=state != "Idle" or told.get("idleReason") != SHUT_DOWN,
        up=state == "Established",
        session_state=state,
        local_as=as_number(told["localAsn"]),
        peer_as=as_number(told["asn"]),
        router_id=ip(told["routerId"]),
        description=none_if_empty(told.get("description")),
        established_s=int(told["establishedTime"]) if "establishedTime" in told else None,
        afi_safis=tuple(
            AfiSafi(name=name, received=told.get(received), accepted=count, sent=told.get(sent))
            for (name, received, sent), count in zip(FAMILIES, accepted, strict=True)
        ),
    )


PEER = re.compile(r"^(?=BGP neighbor is )", re.MULTILINE)
FIELDS: dict[str, str] = {
    "peer_as": r"^BGP neighbor is \S+, remote AS ([\d.]+)",
    "router_id": r"remote router ID (\S+), VRF ",
    "session_state": r"^\s+BGP state is (\w+)",
    "previous_session_state": r"^\s+Last state was (\S+)",
    "last_event": r"^\s+Last event was (\S+)",
    "local_as": r"^Local AS is ([\d.]+)",
    "local_address": r"^Local TCP address is ([^\s,]+)",
    "local_port": r"^Local TCP address is \S+, local port is (\d+)",
    "remote_port": r"^Remote TCP address is \S+, remote port is (\d+)",
    "import_policy": r"^\s+Inbound route map is (\S+)",
    "export_policy": r"^\s+Outbound route map is (\S+)",
    "messages_sent": r"^\s+Total messages:\s+(\d+)\s+\d+",
    "messages_received": r"^\s+Total messages:\s+\d+\s+(\d+)",
    "updates_sent": r"^\s+Updates:\s+(\d+)\s+\d+",
    "updates_received": r"^\s+Updates:\s+\d+\s+(\d+)",
    "queued_out": r"^\s+(?:OutQ depth is|Send-Q:)\s+(\d+)",
    "hold_time_s": r"^\s+Hold time is (\d+)",
    "keepalive_s": r"^\s+Hold time is \d+, keepalive interval is (\d+)",
    "configured_hold_time_s": r"^\s+Configured hold time is (\d+)",
    "configured_keepalive_s": r"^\s+Configured hold time is \d+, keepalive interval is (\d+)",
    "description": r"^\s+Description: (.+)$",
}
"""Where in the text of a peer each field is."""
PATTERNS = {name: re.compile(pattern, re.MULTILINE) for name, pattern in FIELDS.items()}
WORDS = frozenset((
    "router_id", "session_state", "previous_session_state", "last_event", "local_address", "import_policy",
    "export_policy", "description",
))  # fmt: skip
"""Fields that are text; the others are numbers."""
PREFIXES = re.compile(r"^\s+(IPv[46]) Unicast:\s+(\d+)\s+(\d+)", re.MULTILINE)
NEXT_HOP_LOCAL = re.compile(r"^\s+Nexthop matches local IP address: (\d+)", re.MULTILINE)


def bgp_neighbors_detail() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of every VRF, with timers, transport and counts."""
    v4, v6, *texts = yield (
        *SUMMARIES,
        Ask("show ip bgp neighbors vrf all", TEXT),
        Ask("show ipv6 bgp peers vrf all", TEXT),
    )
    found: dict[str, list[BgpNeighbor]] = {}
    for summary, text in zip((v4, v6), texts, strict=True):
        for vrf, neighbor in _details(summary, text):
            found.setdefault(vrf, []).append(neighbor)
    return tuple(
        BgpInstance(vrf=None if vrf == DEFAULT else vrf, local_as=neighbors[0].local_as, neighbors=tuple(neighbors))
        for vrf, neighbors in found.items()
    )


def _details(summary: Any, text: str) -> Iterator[tuple[str, BgpNeighbor]]:
    for section in PEER.split(text):
        head = re.match(r"BGP neighbor is ([^\s,]+)", section)
        if head is None:
            continue
        vrf = re.search(r", VRF (\S+)", section)
        name = vrf[1] if vrf else DEFAULT
        told = {field: found[1] for field, pattern in PATTERNS.items() if (found := pattern.search(section))}
        fields: dict[str, Any] = {field: each if field in WORDS else as_number(each) for field, each in told.items()}
        sent, received = _prefix_counts(section)
        local = NEXT_HOP_LOCAL.search(section)
        address = ip(head[1])
        yield (
            name,
            BgpNeighbor(
                address=address,
                up=fields.get("session_state") == "Established",
                multihop=bool(local and local[1] != "0"),
                sent_prefixes=sent,
                received_prefixes=received,
                accepted_prefixes=_accepted(summary, name, address),
                **fields,
            ),
        )


def _prefix_counts(section: str) -> tuple[int | None, int | None]:
    """Prefixes sent and received, over the families."""
    counts = [(int(sent), int(received)) for _, sent, received in PREFIXES.findall(section)]
    return (sum(sent for sent, _ in counts), sum(got for _, got in counts)) if counts else (None, None)
