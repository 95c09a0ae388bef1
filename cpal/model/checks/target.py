"""What must hold for targets, hosts, what lies outside, and placements."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.model.checks.network import MAX_MTU, MIN_MTU_IPV6, SEGMENTATION_IDS
from cpal.model.checks.values import address_problems, interface_problems, mac_problems
from cpal.model.checks.words import TAKEN, Problem, called_fully, missing, sure
from cpal.model.estate import Estate
from cpal.model.network import OVERLAY_TYPES
from cpal.model.record import Claim, Key
from cpal.model.router import Router
from cpal.model.target import Host, OutsideHost, Placement, Range, Target

PLACED_KINDS = ("router", "network", "instance", "port")
"""What a placement may be about."""


def underlay_problems(target: Target) -> Iterator[Problem]:
    """What is wrong with what networks get of a target: tunnel, MTU and numbers."""
    for part in (_encap, _underlay_mtu, _underlay_ip_version, _ranges):
        yield from sure(part(target))


def _underlay(estate: Estate, target: Target) -> Iterator[Problem]:
    return underlay_problems(target)


def _driver(estate: Estate, target: Target) -> Iterator[Problem]:
    yield from _named(target.name)
    if not target.driver:
        yield Problem("driver", "a target needs a driver", "name one, such as ovn")


def _encap(target: Target) -> Iterator[Problem]:
    if target.encap not in OVERLAY_TYPES:
        yield Problem("encap", f"there is no tunnel {target.encap!r}", f"one of {', '.join(OVERLAY_TYPES)}")


def _underlay_mtu(target: Target) -> Iterator[Problem]:
    if not MIN_MTU_IPV6 <= target.underlay_mtu <= MAX_MTU:
        yield Problem(
            "underlay_mtu", f"{target.underlay_mtu} is out of range", f"a number from {MIN_MTU_IPV6} to {MAX_MTU}"
        )


def _underlay_ip_version(target: Target) -> Iterator[Problem]:
    if target.underlay_ip_version not in (4, 6):
        yield Problem("underlay_ip_version", f"there is no IPv{target.underlay_ip_version}", "write 4 or 6")


def _ranges(target: Target) -> Iterator[Problem]:
    yield from _range("vni_range", target.vni_range, *SEGMENTATION_IDS["geneve"])
    for vlans in target.vlan_ranges.values():
        yield from _range("vlan_ranges", vlans, *SEGMENTATION_IDS["vlan"])


TARGET_CHECKS = (_driver, _underlay)


def _named(name: str) -> Iterator[Problem]:
    if not name.strip():
        yield Problem("name", "needs a name, since others refer to it by name", "name it")


def _range(field: str, given: Range, low: int, high: int) -> Iterator[Problem]:
    if not low <= given.start <= given.end <= high:
        yield Problem(
            field, f"{given.start} to {given.end} is not a range inside {low} to {high}", "put the lower end first"
        )


def _target(estate: Estate, name: str) -> Iterator[Problem]:
    if estate.holder(Claim("name", f"target {name}")) is None:
        yield missing("target", "target", name)


def _belongs(estate: Estate, host: Host | OutsideHost) -> Iterator[Problem]:
    yield from _named(host.name)
    yield from _target(estate, host.target)


def _underlay_address(estate: Estate, host: Host) -> Iterator[Problem]:
    if host.underlay_address:
        yield from address_problems("underlay_address", host.underlay_address)


def _physical_networks(estate: Estate, host: Host) -> Iterator[Problem]:
    if not all(host.physical_networks) or len(set(host.physical_networks)) < len(host.physical_networks):
        yield Problem("physical_networks", "names one twice, or an empty name", "name each once")


HOST_CHECKS = (_belongs, _underlay_address, _physical_networks)


def _segment(estate: Estate, host: OutsideHost) -> Iterator[Problem]:
    if not host.physical_network:
        yield Problem("physical_network", "an outside host is on a physical network", "name it")
    low, high = SEGMENTATION_IDS["vlan"]
    if host.segmentation_id is not None and not low <= host.segmentation_id <= high:
        yield Problem(
            "segmentation_id", f"{host.segmentation_id} is out of range for vlan", f"a number from {low} to {high}"
        )


def _addresses(estate: Estate, host: OutsideHost) -> Iterator[Problem]:
    for text in host.addresses:
        yield from interface_problems("addresses", text)
        yield from sure(_taken(estate, host, text.partition("/")[0]))
    for text in host.loopbacks:
        yield from address_problems("loopbacks", text)


def _mac_address(estate: Estate, host: OutsideHost) -> Iterator[Problem]:
    if host.mac_address:
        yield from mac_problems("mac_address", host.mac_address)


OUTSIDE_HOST_CHECKS = (_belongs, _segment, _addresses, _mac_address)


def _taken(estate: Estate, host: OutsideHost, ip: str) -> Iterator[Problem]:
    vlan = host.segmentation_id
    segment = Claim("flat", host.physical_network) if vlan is None else Claim("vlan", f"{host.physical_network} {vlan}")
    network = estate.holder(segment)
    holder = estate.holder(Claim("address", f"{network.id} {ip}")) if network else None
    other = estate.by_key(holder) if holder else None
    if other is not None:
        yield Problem("addresses", f"{ip} is taken by {called_fully(estate, other)}", "choose another address", TAKEN)


def _has_gateway(estate: Estate, placement: Placement) -> bool:
    router = estate.get(Router, placement.subject_id)
    return router is not None and placement.port_id in router.gateway_networks


def placement_problems(estate: Estate, placement: Placement) -> Iterator[Problem]:
    """What is wrong with a placement: role, subject, hosts."""
    if not placement.role:
        yield Problem("role", "a placement needs a role", "name one, such as gateway")
    if not any(estate.by_key(Key(kind, placement.subject_id)) for kind in PLACED_KINDS):
        yield missing("subject_id", "router", placement.subject_id)
    elif placement.port_id and not _has_gateway(estate, placement):
        yield Problem("port_id", "the router has no further gateway with this port", "remove the placement with it")
    for name in placement.hosts:
        if estate.holder(Claim("name", f"host {name}")) is None:
            yield missing("hosts", "host", name)
    if len(set(placement.hosts)) < len(placement.hosts):
        yield Problem("hosts", "names one host twice", "leave the repetition out")
