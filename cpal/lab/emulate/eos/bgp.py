"""`show` commands of EOS about BGP: neighbours, as the configuration has them; which are up, a test says."""

from __future__ import annotations

from typing import Any

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.eos.output import Shown
from cpal.lab.emulate.eos.state import Peer, peers, router_id, vrfs
from cpal.lab.emulate.grammar import Match


def answer(device: Device, match: Match) -> Shown:
    """`show ip bgp summary|neighbors` and `show ipv6 bgp summary|peers`, of all VRFs."""
    version = 6 if match.words[1] == "ipv6" else 4
    found = [peer for peer in peers(device) if peer.version == version]
    if match.words[3] == "summary":
        return _summary(device, found), None
    if match.words[4] != "vrf":
        found = [peer for peer in found if peer.address == match.words[4]]
    by_vrf: dict[str, Any] = {peer.vrf: {"peerList": []} for peer in found}
    for peer in found:
        by_vrf[peer.vrf]["peerList"].append(_peer(device, peer))
    return {"vrfs": by_vrf}, "".join(_text(device, peer) for peer in found)


def _state(peer: Peer) -> str:
    return "Established" if peer.established else "Idle" if peer.shut else "Active"


def _summary(device: Device, found: list[Peer]) -> dict[str, Any]:
    if not device.running.has("router", "bgp"):
        return {"vrfs": {}}
    own = device.running.find("router", "bgp")
    assert own
    made: dict[str, Any] = {
        vrf: {"vrf": vrf, "routerId": router_id(device, vrf), "asn": own.words[2], "peers": {}} for vrf in vrfs(device)
    }
    for peer in found:
        made.setdefault(peer.vrf, {"vrf": peer.vrf, "routerId": peer.router_id, "asn": peer.local_as, "peers": {}})
        made[peer.vrf]["peers"][peer.address] = {
            "version": 4, "asn": peer.values["remote-as"], "peerState": _state(peer), "upDownTime": device.booted_at,
            "prefixReceived": 0, "prefixAccepted": 0, "prefixInBest": 0, "msgReceived": 0, "msgSent": 0,
            "inMsgQueue": 0, "outMsgQueue": 0, "underMaintenance": False,
            "description": peer.values.get("description", ""),
        }  # fmt: skip
    return {"vrfs": made}


def _peer(device: Device, peer: Peer) -> dict[str, Any]:
    found: dict[str, Any] = {
        "peerAddress": peer.address, "asn": peer.values["remote-as"], "localAsn": peer.local_as, "state": _state(peer),
        "routerId": peer.address if peer.established and peer.version == 4 else "0.0.0.0", "vrf": peer.vrf,
        "localRouterId": peer.router_id, "prefixesReceived": 0, "prefixesSent": 0, "v6PrefixesReceived": 0,
        "v6PrefixesSent": 0, "linkType": "internal" if peer.values["remote-as"] == peer.local_as else "external",
    }  # fmt: skip
    if peer.values.get("description"):
        found["description"] = peer.values["description"]
    if peer.established:
        found["establishedTime"] = int(device.uptime_s())
    else:
        found["idleReason"] = "Administratively shut down" if peer.shut else "Peer is not reachable"
    return found


def _text(device: Device, peer: Peer) -> str:
    link = "internal" if peer.values["remote-as"] == peer.local_as else "external"
    described = f"  Description: {peer.values['description']}\n" if peer.values.get("description") else ""
    state = _state(peer)
    since = f", up for {int(device.uptime_s())}s" if peer.established else ""
    return (
        f"BGP neighbor is {peer.address}, remote AS {peer.values['remote-as']}, {link} link\n{described}"
        f"  BGP version 4, remote router ID 0.0.0.0, VRF {peer.vrf}\n"
        "  Hold time is 180, keepalive interval is 60 seconds\n"
        f"  BGP state is {state}{since}\n"
        "  Prefix statistics:\n"
        "                         Sent      Rcvd\n"
        "    IPv4 Unicast:           0         0\n"
        "    IPv6 Unicast:           0         0\n"
        f"Local AS is {peer.local_as}, local router ID {peer.router_id}\n\n"
    )
