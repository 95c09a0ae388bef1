"""EOS: VXLAN and EVPN, MLAG, LAGs, spanning trees. Source: EOS User Manual, eAPI's JSON of each command.

A switch that does not run one of them does not know its command, or says nothing: then there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import ip, is_ip, mac_or_none, none_if_empty
from cpal.model.device.lag import Lag, LagMember, LagMode, Mlag, MlagInterface
from cpal.model.device.overlay import EthernetSegment, Overlay, Vni, VniKind, Vtep
from cpal.model.device.spanning_tree import Bridge, SpanningTree, TreePort
from cpal.model.device.state import Status

INSTANCE = re.compile(r"^EVPN instance: (VLAN|VRF|VLAN-aware bundle) (\S+)\s*$", re.MULTILINE)
TARGET = re.compile(r"Route[ -]target (import|export): (?:Route-Target-AS:)?(\S+)", re.IGNORECASE)
SEGMENT = re.compile(r"^\s+ESI: (\S+)\s*$", re.MULTILINE)
EOS_VLANS = re.compile(r"(?:VL|Vl)(\d+)")
LACP_MODES = {"active": LagMode.ACTIVE, "passive": LagMode.PASSIVE, "static": LagMode.STATIC}
"""How a port says that it is bundled; older releases tell of LACP alone, and not in which mode."""
Instances = dict[tuple[str, str], str]


def evpn() -> Asking[Overlay]:
    """VNIs of VLANs and VRFs, other ends of tunnels, and Ethernet segments."""
    vnis, vteps, ports, told = yield (
        Ask("show vxlan vni", JSON, optional=True),
        Ask("show vxlan vtep", JSON, optional=True),
        Ask("show interfaces vxlan 1", JSON, optional=True),
        Ask("show bgp evpn instance", TEXT, optional=True),
    )
    instances = dict(_instances(told or ""))
    source: dict[str, Any] = next(iter((ports or {}).get("interfaces", {}).values()), {})
    found = tuple(
        vni for name, each in (vnis or {}).get("vxlanIntfs", {}).items() for vni in _vnis(name, each, source, instances)
    )
    ends = [ip(address) for each in (vteps or {}).get("interfaces", {}).values() for address in each.get("vteps", ())]
    return Overlay(
        vnis=found,
        vteps=tuple(
            Vtep(address=end, vnis=tuple(each.vni for each in found if end in each.remote_vteps)) for end in ends
        ),
        segments=tuple(dict.fromkeys(each for text in instances.values() for each in _segments(text))),
    )


def _instances(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """What is said of each instance, by its kind and name."""
    _, *parts = INSTANCE.split(text)
    for kind, name, section in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield (kind, name), section


def _vnis(name: str, told: dict[str, Any], source: dict[str, Any], instances: Instances) -> Iterator[Vni]:
    address = source.get("srcIpAddr")
    local = ip(address) if address and is_ip(address) else None
    floods = source.get("vlanToVtepList", {})
    for number, each in told.get("vniBindings", {}).items():
        vlan = each.get("vlan")
        ends = floods.get(str(vlan), {}).get("remoteVtepAddr", ())
        yield Vni(
            vni=int(number), kind=VniKind.L2, vlan=vlan, interface=name, local_vtep=local,
            remote_vteps=tuple(ip(end) for end in ends), **_of_bgp(instances.get(("VLAN", str(vlan)), "")),
        )  # fmt: skip
    for number, each in told.get("vniBindingsToVrf", {}).items():
        vrf = each.get("vrfName")
        yield Vni(
            vni=int(number), kind=VniKind.L3, vlan=each.get("vlan") or None, vrf=vrf, interface=name,
            local_vtep=local, **_of_bgp(instances.get(("VRF", str(vrf)), "")),
        )  # fmt: skip


def _of_bgp(text: str) -> dict[str, Any]:
    found = re.search(r"Route distinguisher: (\S+)", text)
    targets = TARGET.findall(text)
    return {
        "route_distinguisher": found[1] if found else None,
        "import_route_targets": tuple(value for way, value in targets if way.lower() == "import"),
        "export_route_targets": tuple(value for way, value in targets if way.lower() == "export"),
    }


def _segments(text: str) -> Iterator[EthernetSegment]:
    _, *parts = SEGMENT.split(text)
    for esi, section in zip(parts[::2], parts[1::2], strict=True):
        digits = esi.replace(":", "").lower()
        words = dict(re.findall(r"^\s+([A-Z][\w -]+): (.+?)\s*$", section, re.MULTILINE))
        local = re.search(r"Local VXLAN IP address: (\S+)", text)
        forwarder = words.get("Designated forwarder")
        yield EthernetSegment(
            esi=":".join(digits[i : i + 2] for i in range(0, len(digits), 2)),
            interface=words.get("Interface"),
            up=words["State"] == "up" if "State" in words else None,
            all_active=words["Mode"] == "all-active" if "Mode" in words else None,
            designated_forwarder=forwarder == local[1] if forwarder and local else None,
            vteps=tuple(ip(each) for each in words.get("Non-Designated forwarder", "").split(", ") if is_ip(each)),
        )


def mlag() -> Asking[Mlag | None]:
    """The pair that the switch is in; None where it is in none."""
    told, ports = yield (
        Ask("show mlag detail", JSON, optional=True),
        Ask("show mlag interfaces", JSON, optional=True),
    )
    if not told or told.get("state") == "disabled":
        return None
    sanity, address = none_if_empty(told.get("configSanity")), told.get("peerAddress", "")
    return Mlag(
        domain=none_if_empty(told.get("domainId")),
        state=told.get("state"),
        role=none_if_empty(told.get("detail", {}).get("mlagState")),
        peer_up=told.get("negStatus") == "connected",
        consistent=None if sanity is None else sanity == "consistent",
        peer_address=ip(address) if is_ip(address) else None,
        peer_link=none_if_empty(told.get("peerLink")),
        local_interface=none_if_empty(told.get("localInterface")),
        system_mac=mac_or_none(told.get("systemId")),
        interfaces=tuple(
            MlagInterface(
                name=each["localInterface"],
                id=int(number),
                local_status=_status(each.get("localInterfaceStatus")),
                peer_status=_status(each.get("peerInterfaceStatus")),
            )
            for number, each in (ports or {}).get("interfaces", {}).items()
        ),
    )


def _status(word: str | None) -> Status | None:
    """`up` and `down`; other words, as `unknown`, say neither."""
    return {"up": Status.UP, "down": Status.DOWN}.get(word or "")


def lags() -> Asking[tuple[Lag, ...]]:
    """Port-channels, with the ports in them; one that bundles a port is up."""
    (told,) = yield (Ask("show port-channel", JSON, optional=True),)
    return tuple(_lag(name, each) for name, each in (told or {}).get("portChannels", {}).items())


def _lag(name: str, told: dict[str, Any]) -> Lag:
    active, inactive = told.get("activePorts", {}), told.get("inactivePorts", {})
    ports = (*active.values(), *inactive.values())
    modes = {LACP_MODES.get(each.get("lacpMode") or each.get("protocol")) for each in ports} - {None}
    return Lag(
        name=name,
        oper_status=Status.UP if active and not told.get("inactiveLag") else Status.DOWN,
        mode=modes.pop() if len(modes) == 1 else None,
        min_links=told.get("minLinks"),
        members=(
            *(LagMember(interface=each, bundled=True) for each in active),
            *(
                LagMember(interface=each, bundled=False, state=none_if_empty(said.get("reasonUnconfigured")))
                for each, said in inactive.items()
            ),
        ),
    )


def spanning_tree() -> Asking[tuple[SpanningTree, ...]]:
    """Spanning trees, of instances or of VLANs."""
    (told,) = yield (Ask("show spanning-tree", JSON, optional=True),)
    return tuple(_tree(name, each) for name, each in (told or {}).get("spanningTreeInstances", {}).items())


def _tree(name: str, told: dict[str, Any]) -> SpanningTree:
    root, bridge = _bridge(told.get("rootBridge")), _bridge(told.get("bridge"))
    to_root, vlan = told.get("rootPort") or {}, EOS_VLANS.fullmatch(name)
    return SpanningTree(
        name=name,
        protocol=none_if_empty(told.get("protocol")),
        vlan=int(vlan[1]) if vlan else None,
        is_root=None if root is None or bridge is None else root.mac_address == bridge.mac_address,
        root=root,
        bridge=bridge,
        root_port=to_root.get("interface"),
        ports=tuple(
            TreePort(
                interface=port,
                role=each.get("role"),
                state={"discarding": "blocking"}.get(each.get("state", ""), each.get("state")),
                cost=each.get("cost"),
                priority=each.get("priority"),
                edge=each.get("isEdgePort"),
            )
            for port, each in told.get("interfaces", {}).items()
        ),
    )


def _bridge(told: dict[str, Any] | None) -> Bridge | None:
    if not told:
        return None
    priority = told.get("priority")
    number = None if priority is None else priority + told.get("systemIdExtension", 0)
    return Bridge(priority=number, mac_address=mac_or_none(told.get("macAddress")))
