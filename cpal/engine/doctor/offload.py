"""What network cards take over from the processor, where tunnels make that go wrong or go missing.

The names of features are the kernel's. Source: Linux, Documentation/networking/segmentation-offloads.rst, udp_tunnel
offload, and net/ethtool/common.c; ovs-vswitchd.conf.db(5), `other_config:hw-offload`; ovn-controller(8),
`ovn-encap-csum`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cpal.engine.doctor.facts import Feature, HostFacts
from cpal.engine.doctor.finding import Finding

SEGMENTS, SEGMENTS_SUMMED = "tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation"
PORTS, FLOWS = "rx-udp_tunnel-port-offload", "hw-tc-offload"
SUMS = ("UdpInCsumErrors", "TcpInCsumErrors", "IcmpInCsumErrors")
"""Counters of packets that came with a wrong checksum. Source: RFC 1213; Linux, net/ipv4/proc.c."""
WITHOUT_SUMS = "ovs-vsctl set open_vswitch . external_ids:ovn-encap-csum=false"
SUMS_REMEDY = (
    f"at the far ends: ethtool -K LINK {SEGMENTS} off {SEGMENTS_SUMMED} off; if that ends it, newer firmware may mend"
    f" it. Or send without outer checksums: {WITHOUT_SUMS}"
)


def findings(facts: HostFacts) -> Iterator[Finding]:
    """What a hypervisor's cards do."""
    yield from _checksums(facts)
    for link, features in facts.features.items():
        yield from _segmentation(facts, link, features)
        yield from _flows(facts, link, features)


def _checksums(facts: HostFacts) -> Iterator[Finding]:
    wrong = {name: facts.counters[name] for name in SUMS if facts.counters.get(name)}
    summed = sorted({tunnel.options.get("csum", "false") for tunnel in facts.tunnels})
    if not wrong:
        evidence = f"{', '.join(SUMS)} are 0 (tunnels with outer checksum: {', '.join(summed) or 'none'})"
        yield Finding("checksum", "ok", facts.name, "no packet came with a wrong checksum", evidence)
        return
    counted = ", ".join(f"{name} is {count}" for name, count in wrong.items())
    yield Finding(
        "checksum", "problem", facts.name, "packets came with a wrong checksum: some card sums tunnels wrongly",
        f"{counted}, since the machine started", SUMS_REMEDY,
    )  # fmt: skip


def _segmentation(facts: HostFacts, link: str, features: Mapping[str, Feature]) -> Iterator[Finding]:
    summed = any(tunnel.options.get("csum") == "true" for tunnel in facts.tunnels)
    name = SEGMENTS_SUMMED if summed else SEGMENTS
    feature = features.get(name)
    if feature is None:
        return
    said = ", ".join(f"{each} {_word(features.get(each))}" for each in (SEGMENTS, SEGMENTS_SUMMED, PORTS, FLOWS))
    if feature.active:
        yield Finding("offload", "ok", facts.name, f"{link} cuts what is in tunnels into segments itself", said)
        return
    lost = f"{link} does not cut what is in tunnels into segments: the processor does, at a fraction of the speed"
    other = features.get(SEGMENTS)
    if not feature.fixed:
        remedy = f"on {facts.name}: ethtool -K {link} {name} on"
    elif summed and other is not None and other.active:
        remedy = f"without outer checksums it could: on {facts.name}: {WITHOUT_SUMS}"
    else:
        remedy = "a card that can, where speed matters"
    yield Finding("offload", "note", facts.name, lost, said, remedy)


def _flows(facts: HostFacts, link: str, features: Mapping[str, Feature]) -> Iterator[Finding]:
    feature = features.get(FLOWS)
    if facts.offloaded is None:
        return
    if facts.links[link].bus and (feature is None or not feature.active):
        remedy = "a card that can" if feature is None or feature.fixed else f"ethtool -K {link} {FLOWS} on"
        yield Finding(
            "offload", "problem", facts.name, f"the switch is to offload flows, and {link} does not take them",
            f"other_config:hw-offload=true, {FLOWS} {_word(feature)}, {facts.offloaded} flows offloaded", remedy,
        )  # fmt: skip
    elif feature is not None and feature.active:
        evidence = f"other_config:hw-offload=true, {facts.offloaded} flows offloaded"
        yield Finding("offload", "ok", facts.name, f"{link} takes flows from the switch", evidence)


def _word(feature: Feature | None) -> str:
    if feature is None:
        return "unknown"
    return ("on" if feature.active else "off") + (" (fixed)" if feature.fixed else "")
