"""What must hold for QoS policies, their rules, and those that they hold for. Source: Networking API v2.0, qos."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cpal.model.checks.words import FOREIGN, Problem, called, called_fully, missing, project_name, sure
from cpal.model.estate import Estate
from cpal.model.network import OVERLAY_TYPES, Network, Port
from cpal.model.qos import (
    DIRECTIONS,
    DSCP_MARKS,
    MOST_KBPS,
    QosBandwidthLimitRule,
    QosDscpMarkingRule,
    QosMinimumBandwidthRule,
    QosPolicy,
)
from cpal.model.record import Record
from cpal.model.router import FloatingIP, Router
from cpal.model.sharing import is_shared

LIMITS, GUARANTEES = (f"{kind.kind}.policy" for kind in (QosBandwidthLimitRule, QosMinimumBandwidthRule))
"""The indexes of a policy's rules, by type."""


def bandwidth_limit_problems(estate: Estate, rule: QosBandwidthLimitRule) -> Iterator[Problem]:
    """What is wrong with a limit."""
    yield from _policy(estate, rule.qos_policy_id)
    yield from _direction(rule.direction)
    for field in ("max_kbps", "max_burst_kbps"):
        yield from sure(_rate(field, getattr(rule, field)))


def minimum_bandwidth_problems(estate: Estate, rule: QosMinimumBandwidthRule) -> Iterator[Problem]:
    """What is wrong with a guarantee: in itself, and beside its policy's limit."""
    yield from _policy(estate, rule.qos_policy_id)
    yield from _direction(rule.direction)
    yield from _rate("min_kbps", rule.min_kbps)
    for limit in estate.find(LIMITS, rule.qos_policy_id):
        if limit.direction == rule.direction and limit.max_kbps < rule.min_kbps:
            why = f"{rule.min_kbps} is more than the policy's limit of {limit.max_kbps}"
            yield Problem("min_kbps", why, "guarantee at most what is let through")


def dscp_marking_problems(estate: Estate, rule: QosDscpMarkingRule) -> Iterator[Problem]:
    """What is wrong with a mark."""
    yield from _policy(estate, rule.qos_policy_id)
    if rule.dscp_mark not in DSCP_MARKS:
        yield Problem("dscp_mark", f"{rule.dscp_mark} is no mark", "one of " + ", ".join(map(str, DSCP_MARKS)))


def _policy(estate: Estate, id: str) -> Iterator[Problem]:
    if estate.get(QosPolicy, id) is None:
        yield missing("qos_policy_id", "qos_policy", id)


def _direction(direction: str) -> Iterator[Problem]:
    if direction not in DIRECTIONS:
        yield Problem("direction", f"there is no direction {direction!r}", f"one of {', '.join(DIRECTIONS)}")


def _rate(field: str, kbps: int) -> Iterator[Problem]:
    if not 0 <= kbps <= MOST_KBPS:
        yield Problem(field, f"{kbps} is out of range", f"a number from 0 to {MOST_KBPS}")


def policy_of_network_problems(estate: Estate, network: Network) -> Iterable[Problem]:
    """What is wrong with the policy of a network."""
    return _of_network(estate, network) if network.qos_policy_id else ()


def _of_network(estate: Estate, network: Network) -> Iterator[Problem]:
    yield from _usable(estate, network, network.qos_policy_id)
    yield from sure(_guaranteed(estate, network.qos_policy_id, network))


def policy_of_port_problems(estate: Estate, port: Port) -> Iterable[Problem]:
    """What is wrong with the policy of a port."""
    return _of_port(estate, port) if port.qos_policy_id else ()


def _of_port(estate: Estate, port: Port) -> Iterator[Problem]:
    yield from _usable(estate, port, port.qos_policy_id)
    network = estate.get(Network, port.network_id)
    if network is not None:
        yield from _guaranteed(estate, port.qos_policy_id, network)


def _guaranteed(estate: Estate, policy_id: str, network: Network) -> Iterator[Problem]:
    """On a network that has no wire of its own nothing can be guaranteed: all overlays share the underlay."""
    if network.network_type in OVERLAY_TYPES and estate.ids(GUARANTEES, policy_id):
        why = f"{_words(estate, policy_id)} guarantees bandwidth, which a {network.network_type} network cannot"
        yield Problem("qos_policy_id", why, "use a flat or vlan network, or a policy without minimum bandwidth")


def policy_of_floating_ip_problems(estate: Estate, floating: FloatingIP) -> Iterable[Problem]:
    """What is wrong with the policy of a floating IP."""
    return _at_gateway(estate, floating, "qos_policy_id", floating.qos_policy_id)


def policy_of_gateway_problems(estate: Estate, router: Router) -> Iterable[Problem]:
    """What is wrong with the policy of a router's gateway."""
    gateway = router.external_gateway_info
    return _at_gateway(estate, router, "external_gateway_info", gateway.qos_policy_id) if gateway else ()


def _at_gateway(estate: Estate, record: Record, field: str, policy_id: str) -> Iterator[Problem]:
    if not policy_id:
        return
    yield from _usable(estate, record, policy_id, field)
    if estate.ids(GUARANTEES, policy_id):
        why = f"{_words(estate, policy_id)} guarantees bandwidth, which is for ports alone"
        yield Problem(field, why, "use a policy without minimum bandwidth")


def _usable(estate: Estate, record: Record, id: str, field: str = "qos_policy_id") -> Iterator[Problem]:
    policy = estate.get(QosPolicy, id)
    if policy is None:
        yield missing(field, "qos_policy", id)
    elif policy.project_id != record.project_id and not is_shared(estate, policy, record.project_id):
        why = f"{called_fully(estate, policy)} is not shared with project {project_name(estate, record.project_id)}"
        yield Problem(field, why, "use one of its own, or share it", FOREIGN)


def _words(estate: Estate, policy_id: str) -> str:
    policy = estate.get(QosPolicy, policy_id)
    return called(estate, policy) if policy else policy_id
