"""The numbers in tunnel headers: those of the networks, those on the wire, and how tunnels carry them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cpal.core.driver import TunnelKeys
from cpal.engine.doctor.facts import HostFacts
from cpal.engine.doctor.finding import Finding
from cpal.model.network import OVERLAY_TYPES, Network

PORTS = {"geneve": "6081", "vxlan": "4789", "stt": "7471"}
"""Destination ports by type. Source: ovs-vswitchd.conf.db(5), Interface, `options:dst_port`."""


def findings(networks: Iterable[Network], keys: TunnelKeys, hosts: Mapping[str, HostFacts]) -> Iterator[Finding]:
    """Where a network's number is not the one on the wire, and where two ends would not understand each other."""
    wrong = [*_numbers(networks, keys), *_ports(hosts), *_fixed_keys(hosts)]
    told = f"{len(keys.networks)} networks and routers in the Southbound database"
    yield from wrong or [Finding("vni", "ok", "", "every network has the number that is on the wire", told)]


def _numbers(networks: Iterable[Network], keys: TunnelKeys) -> Iterator[Finding]:
    real = {id: vni for vni, id in keys.networks.items()}
    for network in networks:
        vni, name = real.get(network.id), network.name or network.id
        if network.network_type in OVERLAY_TYPES and vni is None:
            yield Finding(
                "vni", "problem", "", f"network {name} is not realised", "the Southbound database does not have it",
                "cpal plan, and see whether ovn-northd runs",
            )  # fmt: skip
        elif network.network_type in OVERLAY_TYPES and vni != network.segmentation_id:
            yield Finding(
                "vni", "problem", "", f"network {name} has VNI {network.segmentation_id}, and {vni} is on the wire",
                "Datapath_Binding:tunnel_key", "somebody else may have the number: see cpal plan",
            )  # fmt: skip


def _ports(hosts: Mapping[str, HostFacts]) -> Iterator[Finding]:
    """Ends of one type that use different destination ports do not hear each other."""
    used: dict[str, dict[str, list[str]]] = {}
    for name, facts in hosts.items():
        for tunnel in facts.tunnels:
            port = tunnel.options.get("dst_port", PORTS.get(tunnel.type, ""))
            used.setdefault(tunnel.type, {}).setdefault(port, []).append(name)
    for kind, ports in used.items():
        if len(ports) > 1:
            said = ", ".join(f"{port} at {', '.join(sorted(set(names)))}" for port, names in sorted(ports.items()))
            yield Finding(
                "vni", "problem", ", ".join(sorted({name for names in ports.values() for name in names})),
                f"hypervisors use different UDP ports for {kind}", said, "make options:dst_port the same at all",
            )  # fmt: skip


def _fixed_keys(hosts: Mapping[str, HostFacts]) -> Iterator[Finding]:
    for name, facts in hosts.items():
        for tunnel in facts.tunnels:
            key = tunnel.options.get("key", "flow")
            if tunnel.name.startswith("ovn-") and key != "flow":
                yield Finding(
                    "vni", "problem", name, f"the tunnel {tunnel.name} sends everything with VNI {key}",
                    f"options:key={key}", f"on {name}: ovs-vsctl set interface {tunnel.name} options:key=flow",
                )  # fmt: skip
