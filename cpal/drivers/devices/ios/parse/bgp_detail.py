"""IOS: BGP sessions with timers, transport and counts. Source: text of `show ip bgp AFI neigh ADDRESS`."""

from __future__ import annotations

import re
from typing import Any

from cpal.drivers.devices.ios.parse.bgp import HEAD, NEIGHBOR, NOT_RUNNING, Listed, listed, router_id
from cpal.drivers.devices.ios.parse.names import first, number
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import ip
from cpal.model.device.bgp import AfiSafi, BgpInstance, BgpNeighbor

WORDS = {"vpnv4 unicast": "vpnv4 all", "vpnv6 unicast": "vpnv6 unicast all"}
"""What a family is called where its neighbours are asked for, if not as in the summary."""
FAMILY = re.compile(r"^\s+For address family: (.+?)\s*$", re.MULTILINE)
BOTH_WAYS = "advertised and received"
NEVER = "never"


def bgp_neighbors_detail() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of every VRF, asked one by one; nothing where BGP does not run."""
    (summary,) = yield (Ask("show ip bgp all sum", TEXT),)
    if NOT_RUNNING.search(summary):
        return ()
    lines = dict(listed(summary))
    replies = yield tuple(
        Ask(f"show ip bgp {WORDS.get(family, family)} neigh {line.spelled}", TEXT)
        for (family, _), line in lines.items()
    )
    found: dict[str | None, dict[str, BgpNeighbor]] = {}
    for ((_, address), line), reply in zip(lines.items(), replies, strict=True):
        for section in NEIGHBOR.split(reply):
            head = HEAD.match(section)
            if head and ip(head[1]) == address:
                found.setdefault(head[2], {}).setdefault(address, _neighbor(address, section, line))
    own_id = first(r"router identifier ([\d.]+),", summary)
    return tuple(
        BgpInstance(vrf=vrf, router_id=own_id, neighbors=tuple(peers.values())) for vrf, peers in found.items()
    )


def _neighbor(address: str, text: str, line: Listed) -> BgpNeighbor:
    session, *parts = FAMILY.split(text)
    families = dict(zip(parts[::2], parts[1::2], strict=True))
    up = first(r"BGP state = (\w+)", session) == "Established"
    asn = first(r"Four-octets ASN Capability:\s+(.+)$", session)
    reset = first(r"Last reset (.+)$", text)
    local = first(r"^Local host: ([^,\s]+)", text)
    link = first(r"Interface associated: \S+ \((.+)\)", text)
    return BgpNeighbor(
        address=address,
        enabled="Administratively shut" not in session,
        up=up,
        session_state=first(r"BGP state = (\w+)", session),
        local_as=line.local_as,
        peer_as=line.peer_as,
        router_id=router_id(session),
        description=first(r"^\s+Description: (.+)$", session),
        established_s=line.age_s if up else None,
        down_s=None if up else line.age_s,
        local_address=ip(local) if local else None,
        on_link=None if link is None else link.startswith("peering address in same link"),
        local_port=number(r"^Local host: .+ Local port: (\d+)", text),
        remote_port=number(r"^Foreign host: .+ Foreign port: (\d+)", text),
        last_event=None if reset is None or reset == NEVER else reset,
        suppress_4byte_as=None if asn is None else asn != BOTH_WAYS,
        queued_out=line.queued_out,
        hold_time_s=number(r"hold time is (\d+), keepalive interval is \d+", session),
        keepalive_s=number(r"hold time is \d+, keepalive interval is (\d+)", session),
        configured_hold_time_s=number(r"Configured hold time is (\d+)", session),
        configured_keepalive_s=number(r"Configured hold time is \d+,\s*keepalive interval is (\d+)", session),
        messages_sent=number(r"^\s+Total:\s+(\d+)\s+\d+", session),
        messages_received=number(r"^\s+Total:\s+\d+\s+(\d+)", session),
        updates_sent=number(r"^\s+Updates:\s+(\d+)\s+\d+", session),
        updates_received=number(r"^\s+Updates:\s+\d+\s+(\d+)", session),
        flaps=number(r"Connections established \d+; dropped (\d+)", text),
        afi_safis=tuple(_family(name, part) for name, part in families.items()),
        **_counts(next(iter(families.values()), "")),
    )


def _family(name: str, part: str) -> AfiSafi:
    return AfiSafi(
        name=name.upper().replace(" ", "_"),
        accepted=number(r"Prefixes Current:\s+\d+\s+(\d+)", part),
        sent=number(r"Prefixes Current:\s+(\d+)", part),
    )


def _counts(part: str) -> dict[str, Any]:
    """What the first family of a session says of policies and prefixes: IOS denies prefixes and does not keep them."""
    accepted = number(r"Prefixes Current:\s+\d+\s+(\d+)", part)
    denied = number(r"^\s+Total:\s+\d+\s+(\d+)", part)
    paths = number(r"Used as multipath:\s+\S+\s+(\d+)", part)
    return {
        "multipath": None if paths is None else paths > 0,
        "import_policy": first(r"Route map for incoming advertisements is (\S+)", part),
        "export_policy": first(r"Route map for outgoing advertisements is (\S+)", part),
        "active_prefixes": number(r"Used as bestpath:\s+\S+\s+(\d+)", part),
        "received_prefixes": None if accepted is None else accepted + (denied or 0),
        "accepted_prefixes": accepted,
        "suppressed_prefixes": denied,
        "sent_prefixes": number(r"Prefixes Current:\s+(\d+)", part),
    }
