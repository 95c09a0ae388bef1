"""`show` commands of EOS about routes: the connected ones, and the static ones that lead somewhere."""

from __future__ import annotations

import ipaddress
from typing import Any

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.eos import state
from cpal.lab.emulate.eos.output import Shown

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_WORDS = {"longer-prefixes", "connected", "static", "bgp", "detail"}


def routes(device: Device, words: tuple[str, ...]) -> Shown:
    """`show ip route`."""
    return _routes(device, words, "ip")


def routes6(device: Device, words: tuple[str, ...]) -> Shown:
    """`show ipv6 route`."""
    return _routes(device, words, "ipv6")


def _routes(device: Device, words: tuple[str, ...], family: str) -> Shown:
    vrf = words[1] if words[:1] == ("vrf",) else "default"
    wanted = next((ipaddress.ip_network(word) for word in words if "/" in word), None)
    kinds = _WORDS & set(words) & {"connected", "static", "bgp"}
    held = _held(device, vrf, family)
    chosen = {
        str(network): entry for network, entry in held.items()
        if (not kinds or entry["routeType"] in kinds) and _within(network, wanted, "longer-prefixes" in words)
    }  # fmt: skip
    if wanted and "longer-prefixes" not in words and chosen:
        best = max(chosen, key=lambda text: int(text.partition("/")[2]))
        chosen = {best: chosen[best]}
    data = {"vrfs": {vrf: {"routes": chosen, "routingDisabled": False, "allRoutesProgrammedHardware": True,
                           "allRoutesProgrammedKernel": True, "defaultRouteState": "notSet"}}}  # fmt: skip
    return data, f"VRF: {vrf}\n\n" + "".join(_line(text, entry) for text, entry in chosen.items())


def _within(network: Network, wanted: Any, longer: bool) -> bool:
    if wanted is None:
        return True
    return bool(network.subnet_of(wanted) if longer else wanted.subnet_of(network))


def _held(device: Device, vrf: str, family: str) -> dict[Network, dict[str, Any]]:
    found: dict[Network, dict[str, Any]] = {}
    for each in state.interfaces(device):
        for address in each.addresses(family) if each.up and each.vrf == vrf else ():
            found[ipaddress.ip_interface(address).network] = _entry("connected", 0, 0, [{"interface": each.name}])
    connected = dict(found)
    for node in device.running.each(family, "route"):
        words = [*" ".join(node.words).split()]
        of_vrf = words[3] if words[2] == "vrf" else "default"
        rest = words[4:] if words[2] == "vrf" else words[2:]
        if of_vrf == vrf:
            _add_static(found, connected, rest)
    return dict(sorted(found.items(), key=lambda item: (int(item[0].network_address), item[0].prefixlen)))


def _add_static(
    found: dict[Network, dict[str, Any]], connected: dict[Network, dict[str, Any]], words: list[str]
) -> None:
    network = ipaddress.ip_network(words[0])
    if network in connected:
        return
    if words[1].lower() == "null0":
        found[network] = _entry("static", 1, 0, [])
        return
    vias = []
    try:
        hop = ipaddress.ip_address(words[1])
        vias = [
            {"nexthopAddr": str(hop), "interface": entry["vias"][0]["interface"]}
            for known, entry in connected.items()
            if hop in known
        ]
    except ValueError:
        vias = [{"interface": words[1]}]
    if vias:
        distance = _distance(words[2:])
        known = found.get(network)
        if known is None or distance < known["preference"]:
            found[network] = _entry("static", distance, 0, vias)
        elif distance == known["preference"]:
            found[network] = _entry("static", distance, 0, [*known["vias"], *vias])


def _distance(words: list[str]) -> int:
    """The administrative distance of a static route, which stands before its tag and name."""
    return int(words[0]) if words and words[0].isdigit() else 1


def _entry(kind: str, preference: int, metric: int, vias: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "routeType": kind, "preference": preference, "metric": metric, "vias": vias,
        "routeAction": "forward" if vias else "drop", "hardwareProgrammed": True, "kernelProgrammed": True,
        "directlyConnected": kind == "connected", "routeLeaked": False,
    }  # fmt: skip


def _line(network: str, entry: dict[str, Any]) -> str:
    letter = {"connected": "C", "static": "S"}[entry["routeType"]]
    if entry["routeType"] == "connected":
        return f" {letter}        {network} is directly connected, {entry['vias'][0]['interface']}\n"
    if not entry["vias"]:
        return f" {letter}        {network} is directly connected, Null0\n"
    hops = ", ".join(f"via {via.get('nexthopAddr', '')}, {via['interface']}" for via in entry["vias"])
    return f" {letter}        {network} [{entry['preference']}/{entry['metric']}] {hops}\n"
