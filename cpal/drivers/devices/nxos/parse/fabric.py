"""NX-OS: VXLAN and EVPN, vPC, LAGs, spanning trees, over either transport. Source: JSON of each command.

A switch without the feature does not know its command, or says nothing: then there is none.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from cpal.drivers.devices.nxos.parse.tables import port, rows, text_or_none
from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Asking, Getter
from cpal.drivers.devices.parse.cisco_tree import trees
from cpal.drivers.devices.parse.values import ip, is_ip, mac_or_none
from cpal.model.device.lag import Lag, LagMember, LagMode, Mlag, MlagInterface
from cpal.model.device.overlay import Overlay, Vni, VniKind, Vtep
from cpal.model.device.spanning_tree import SpanningTree
from cpal.model.device.state import Status

TYPE = re.compile(r"(L[23]) \[(.+)\]")
OVER_SSH = " | json"
BUNDLED = "P"
UP = "1"


def evpn(suffix: str = "") -> Asking[Overlay]:
    """VNIs of VLANs and VRFs, and other ends of tunnels; `suffix` asks for JSON where text is usual."""
    vnis, peers, ports = yield (
        Ask(f"show nve vni{suffix}", JSON, optional=True),
        Ask(f"show nve peers{suffix}", JSON, optional=True),
        Ask(f"show nve interface{suffix}", JSON, optional=True),
    )
    sources = {each.get("if-name"): each.get("primary-ip", "") for each in rows(ports, "TABLE_nve_if", "ROW_nve_if")}
    return Overlay(
        vnis=tuple(_vni(each, sources) for each in rows(vnis, "TABLE_nve_vni", "ROW_nve_vni")),
        vteps=tuple(
            Vtep(
                address=ip(each["peer-ip"]),
                up=each.get("peer-state") == "Up",
                router_mac=mac_or_none(each.get("router-mac")),
                learned=text_or_none(each.get("learn-type")),
            )
            for each in rows(peers, "TABLE_nve_peers", "ROW_nve_peers")
        ),
    )


def _vni(told: dict[str, Any], sources: dict[Any, str]) -> Vni:
    found, group = TYPE.search(told.get("type", "")), told.get("mcast", "")
    kind, of = (VniKind(found[1]), found[2]) if found else (None, "")
    source = sources.get(told.get("if-name"), "")
    return Vni(
        vni=int(told["vni"]),
        kind=kind,
        up=told.get("vni-state") == "Up",
        vlan=int(of) if kind is VniKind.L2 and of.isdigit() else None,
        vrf=of if kind is VniKind.L3 else None,
        interface=told.get("if-name"),
        local_vtep=ip(source) if is_ip(source) else None,
        multicast_group=ip(group) if is_ip(group) else None,
    )


def mlag(suffix: str = "") -> Asking[Mlag | None]:
    """The vPC pair that the switch is in; None where it is in none."""
    (told,) = yield (Ask(f"show vpc{suffix}", JSON, optional=True),)
    domain = text_or_none((told or {}).get("vpc-domain-id"))
    if domain is None or not domain.isdigit():
        return None
    links = rows(told, "TABLE_peerlink", "ROW_peerlink")
    return Mlag(
        domain=domain,
        state=text_or_none(told.get("vpc-peer-status")),
        role=text_or_none(told.get("vpc-role")),
        peer_up=told.get("vpc-peer-status") == "peer-ok",
        keepalive_up=told.get("vpc-peer-keepalive-status") == "peer-alive",
        consistent=told.get("vpc-peer-consistency") == "consistent",
        peer_link=port(links[0]["peerlink-ifindex"]) if links else None,
        interfaces=tuple(
            MlagInterface(
                name=port(each["vpc-ifindex"]),
                id=int(each["vpc-id"]),
                local_status=Status.UP if each.get("vpc-port-state") == UP else Status.DOWN,
                consistent=each.get("vpc-consistency") == "consistent",
            )
            for each in rows(told, "TABLE_vpc", "ROW_vpc")
        ),
    )


def lags(suffix: str = "") -> Asking[tuple[Lag, ...]]:
    """Port-channels, with the ports in them."""
    (told,) = yield (Ask(f"show port-channel summary{suffix}", JSON, optional=True),)
    return tuple(
        Lag(
            name=port(each["port-channel"]),
            oper_status=Status.UP if each.get("status") == "U" else Status.DOWN,
            mode=LagMode.STATIC if each.get("prtcl") == "NONE" else None,
            members=tuple(
                LagMember(
                    interface=port(one["port"]),
                    bundled=one.get("port-status") == BUNDLED,
                    state=text_or_none(one.get("port-status")),
                )
                for one in rows(each, "TABLE_member", "ROW_member")
            ),
        )
        for each in rows(told, "TABLE_channel", "ROW_channel")
    )


def spanning_tree() -> Asking[tuple[SpanningTree, ...]]:
    """Spanning trees of VLANs or of instances."""
    (text,) = yield (Ask("show spanning-tree", TEXT, optional=True),)
    return trees(text or "", port)


GETTERS: dict[str, Getter] = {"evpn": evpn, "lags": lags, "mlag": mlag, "spanning_tree": spanning_tree}
GETTERS_SSH: dict[str, Getter] = {
    **{name: partial(getter, OVER_SSH) for name, getter in (("evpn", evpn), ("lags", lags), ("mlag", mlag))},
    "spanning_tree": spanning_tree,
}
