"""`show` commands of IOS about BGP: neighbours, as the configuration has them; which are up, a test says."""

from __future__ import annotations

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.ios.state import Peer, peers, router_id

TITLES = {"ipv4 unicast": "IPv4 Unicast", "ipv6 unicast": "IPv6 Unicast", "vpnv4 unicast": "VPNv4 Unicast",
          "vpnv6 unicast": "VPNv6 Unicast", "l2vpn evpn": "L2VPN E-VPN"}  # fmt: skip
"""What IOS calls address families in its answers."""
INACTIVE = "% BGP not active\n"


def summary(device: Device, _: tuple[str, ...]) -> str:
    """`show bgp all summary`."""
    return _summary(device, list(TITLES), titled=True)


def summary_of_ipv4(device: Device, _: tuple[str, ...]) -> str:
    """`show ip bgp summary`."""
    return _summary(device, ["ipv4 unicast"], titled=False)


def _summary(device: Device, families: list[str], titled: bool) -> str:
    bgp = device.running.find("router", "bgp")
    if bgp is None:
        return INACTIVE
    found = list(peers(device))
    parts = []
    for family in families:
        rows = "".join(_row(device, peer) for peer in found if peer.family == family)
        if rows:
            parts.append(
                (f"For address family: {TITLES[family]}\n" if titled else "")
                + f"BGP router identifier {router_id(device)}, local AS number {bgp.words[2]}\n"
                "BGP table version is 1, main routing table version 1\n\n"
                "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n" + rows
            )
    return "\n".join(parts)


def _row(device: Device, peer: Peer) -> str:
    since = _clock(device) if peer.established else "never"
    state = "0" if peer.established else "Idle (Admin)" if peer.shut else peer.state
    name = f"{peer.address:<15}" if len(peer.address) < 16 else f"{peer.address}\n{'':<15}"
    return (
        f"{name} 4 {peer.values['remote-as']:>12} {0:>7} {0:>7} {1:>8} {0:>4} {0:>4} {since:<8} {state:>8}\n"
    )  # fmt: skip


def _clock(device: Device) -> str:
    up = int(device.uptime_s())
    return f"{up // 3600:02}:{up // 60 % 60:02}:{up % 60:02}"


def neighbours(device: Device, words: tuple[str, ...]) -> str:
    """`show bgp AFI SAFI [all] neighbors`."""
    family = " ".join(words[:2])
    if device.running.find("router", "bgp") is None:
        return INACTIVE
    return "\n".join(_neighbour(device, peer) for peer in peers(device) if peer.family == family)


def neighbours_of_ipv4(device: Device, _: tuple[str, ...]) -> str:
    """`show ip bgp neighbors`."""
    return neighbours(device, ("ipv4", "unicast"))


def _neighbour(device: Device, peer: Peer) -> str:
    bgp = device.running.find("router", "bgp")
    assert bgp
    remote = peer.values["remote-as"]
    link = "internal" if remote == (peer.values.get("local-as") or bgp.words[2]) else "external"
    described = f" Description: {peer.values['description']}\n" if peer.values.get("description") else ""
    vrf = f"  vrf {peer.vrf}," if peer.vrf else ""
    since = f", up for {_clock(device)}" if peer.established else ""
    id = peer.address if peer.established and ":" not in peer.address else "0.0.0.0"
    shut = " Administratively shut down\n" if peer.shut else ""
    return (
        f"BGP neighbor is {peer.address},{vrf}  remote AS {remote}, {link} link\n{described}{shut}"
        f"  BGP version 4, remote router ID {id}\n  BGP state = {peer.state}{since}\n"
        "  Neighbor sessions:\n    0 active, is not multisession capable (disabled)\n"
        "  Message statistics:\n    InQ depth is 0\n    OutQ depth is 0\n\n"
        f" For address family: {TITLES[peer.family]}\n  BGP table version 1, neighbor version 1/0\n"
        "                                 Sent       Rcvd\n  Prefix activity:               ----       ----\n"
        "    Prefixes Current:               0          0\n    Prefixes Total:                 0          0\n\n"
        "                                   Outbound    Inbound\n"
        "  Local Policy Denied Prefixes:    --------    -------\n"
        "    Total:                                0          0\n\n"
        f"  Connections established {int(peer.established)}; dropped 0\nLocal host: 0.0.0.0, Local port: 0\n"
        f"Foreign host: {peer.address}, Foreign port: 179\n"
    )
