"""What a Linux kernel has of links, whatever runs on it: LAGs, VLANs and trees of bridges, queues.

Source: ip-link(8) with -d -j, bridge(8), tc(8).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cpal.drivers.devices.parse import iproute2
from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.iproute2 import listed
from cpal.drivers.devices.parse.values import mac, natural
from cpal.model.device.lag import Lag, LagMember, LagMode
from cpal.model.device.qos import QosInterface, Queue
from cpal.model.device.spanning_tree import Bridge, SpanningTree, TreePort
from cpal.model.device.state import Status
from cpal.model.device.vlan import Vlan

LINKS = Ask(iproute2.LINKS, JSON)
DOCUMENTED = frozenset(("lags", "vlans"))
"""The getters here that no kernel in the tests has answered: theirs has no bonds, and no bridges that filter VLANs."""
LACP = "802.3ad"
UNKNOWN = "UNKNOWN"
"""What an operational state is called where the device cannot tell; it is up if it has a carrier. Source: RFC 2863."""


class Link(NamedTuple):
    """A network interface as ip(8) tells it: its name, its kind, what it is in, and all else."""

    name: str
    kind: str | None
    data: dict[str, Any]
    master: str | None
    port_of: str | None
    port: dict[str, Any]
    told: dict[str, Any]


def links(reply: Any) -> dict[str, Link]:
    """The interfaces by name."""
    return {each["ifname"]: _link(each) for each in listed(reply)}


def _link(told: dict[str, Any]) -> Link:
    info = told.get("linkinfo", {})
    return Link(
        told["ifname"],
        info.get("info_kind"),
        info.get("info_data") or {},
        told.get("master"),
        info.get("info_slave_kind"),
        info.get("info_slave_data") or {},
        told,
    )


def vrf_of(name: str | None, among: dict[str, Link]) -> str | None:
    """The VRF that an interface is in, or what it is a port of; None for none."""
    while name in among:
        link = among[name]
        if link.kind == "vrf":
            return link.name
        name = link.master
    return None


def oper_status(link: dict[str, Any]) -> Status:
    """Whether a link carries packets."""
    told = link.get("operstate", UNKNOWN)
    up = "LOWER_UP" in link["flags"] if told == UNKNOWN else told == "UP"
    return Status.UP if up else Status.DOWN


def vlans() -> Asking[tuple[Vlan, ...]]:
    """VLANs of bridges that know VLANs, each with its ports."""
    (told,) = yield (Ask("bridge -j vlan show", JSON, optional=True),)
    ports: dict[int, list[str]] = {}
    for each in listed(told):
        for vlan in each.get("vlans", ()):
            for number in range(vlan["vlan"], vlan.get("vlanEnd", vlan["vlan"]) + 1):
                ports.setdefault(number, []).append(each["ifname"])
    return tuple(Vlan(id=id, interfaces=tuple(sorted(ports[id], key=natural))) for id in sorted(ports))


def lags() -> Asking[tuple[Lag, ...]]:
    """Bonds, with the interfaces in them."""
    (reply,) = yield (LINKS,)
    found = links(reply)
    return tuple(
        Lag(
            name=each.name,
            oper_status=oper_status(each.told),
            mode=_mode(each.data),
            min_links=each.data.get("min_links"),
            members=tuple(_member(one) for one in found.values() if one.master == each.name),
        )
        for each in found.values()
        if each.kind == "bond"
    )


def _mode(data: dict[str, Any]) -> LagMode:
    if data.get("mode") != LACP:
        return LagMode.STATIC
    return LagMode.PASSIVE if data.get("ad_lacp_active") == "off" else LagMode.ACTIVE


def _member(link: Link) -> LagMember:
    state, carrier = link.port.get("state"), link.port.get("mii_status")
    return LagMember(
        interface=link.name,
        bundled=None if state is None else state == "ACTIVE" and carrier == "UP",
        state=state,
    )


PRIORITY_AND_MAC = re.compile(r"([0-9a-fA-F]{4})\.([0-9a-fA-F:]+)")
STATES = {"forwarding", "blocking", "listening", "learning", "disabled"}


def spanning_tree() -> Asking[tuple[SpanningTree, ...]]:
    """Bridges that run the spanning tree protocol."""
    (reply,) = yield (LINKS,)
    found = links(reply)
    return tuple(_tree(each, found) for each in found.values() if each.kind == "bridge" and each.data.get("stp_state"))


def _tree(link: Link, among: dict[str, Link]) -> SpanningTree:
    """A bridge's tree; its root port says who is the root, which ip(8) of some releases tells wrongly elsewhere."""
    number = _number(link.data.get("root_port"))
    ports = [each for each in among.values() if each.master == link.name and each.port_of == "bridge"]
    to_root = next((each for each in ports if number and _number(each.port.get("no")) == number), None)
    bridge = _bridge(link.data.get("bridge_id"))
    return SpanningTree(
        name=link.name,
        protocol="stp",
        is_root=to_root is None,
        root=bridge if to_root is None else _bridge(to_root.port.get("root_id")),
        bridge=bridge,
        root_port=None if to_root is None else to_root.name,
        root_cost=link.data.get("root_path_cost"),
        ports=tuple(_port(each, number) for each in ports),
    )


def _bridge(told: str | None) -> Bridge | None:
    found = PRIORITY_AND_MAC.fullmatch(told or "")
    return Bridge(priority=int(found[1], 16), mac_address=mac(found[2])) if found else None


def _number(told: Any) -> int | None:
    return int(told, 16) if isinstance(told, str) else told


def _port(link: Link, root: int | None) -> TreePort:
    """A port; the kernel tells its state, from which its role follows."""
    state = link.port.get("state")
    roles = {"disabled": "disabled", "blocking": "alternate"}
    is_root = bool(root) and _number(link.port.get("no")) == root
    return TreePort(
        interface=link.name,
        role="root" if is_root else roles.get(state or "", "designated" if state in STATES else None),
        state=state if state in STATES else None,
        cost=link.port.get("cost"),
        priority=link.port.get("priority"),
    )


def qos() -> Asking[tuple[QosInterface, ...]]:
    """Queueing disciplines of interfaces."""
    (told,) = yield (Ask("tc -s -j qdisc show", JSON),)
    found: dict[str, list[Queue]] = {}
    for each in listed(told):
        found.setdefault(each["dev"], []).append(_queue(each))
    return tuple(QosInterface(interface=name, queues=tuple(queues)) for name, queues in found.items())


def _queue(told: dict[str, Any]) -> Queue:
    parent = told.get("parent") or ("root" if told.get("root") else "ingress")
    rate = told.get("options", {}).get("rate")
    return Queue(
        name=f"{told['handle']} {parent}" if told.get("handle") not in (None, "0:") else parent,
        scheduler=told["kind"],
        rate_bps=rate * 8 if isinstance(rate, int) else None,
        sent_octets=told.get("bytes"),
        sent_pkts=told.get("packets"),
        dropped_pkts=told.get("drops"),
        queued_pkts=told.get("qlen"),
        queued_octets=told.get("backlog"),
    )
