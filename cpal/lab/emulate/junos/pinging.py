"""Junos' `<ping>`, and its command. Source: Junos XML API operational reference, `ping-results`; recorded answers."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.echo import RTT_MS, Outcome
from cpal.lab.emulate.junos.xml import built, fields, plain
from cpal.lab.emulate.pinging import Asked, asked, outcome

RANGES = {
    "count": ("times", 1, 2_000_000_000), "size": ("size", 0, 65468), "wait": ("timeout", 1, 2_000_000_000),
    "ttl": ("ttl", 1, 255),
}  # fmt: skip
"""The numbers that it takes."""
HEADER, TTL = 8, 64


def of_rpc(device: Device, rpc: Element) -> Element:
    """What is answered to `<ping>`. Raises Misspelt for an element that it does not know."""
    parts = {plain(each.tag): (each.text or "").strip() for each in rpc}
    options = [word for name, value in parts.items() if name != "host" for word in (name, value)]
    return of_words(device, [parts.get("host", ""), *options])


def of_words(device: Device, words: Sequence[str]) -> Element:
    """What is answered to the words after `ping`. Raises Misspelt for one that it does not know."""
    told = ["vrf" if n and word == "routing-instance" else word for n, word in enumerate(words)]
    wanted = asked(told, RANGES, 56)
    found = outcome(device, wanted)
    failed = {
        Outcome.NO_VRF: f"routing instance {wanted.vrf} is not known",
        Outcome.NO_SOURCE: "bind: Can't assign requested address",
    }.get(found.outcome)
    if wanted.destination is None:
        failed = f"{wanted.word}: no such host"
    if failed:
        return built("ping-results", *fields(ping_failure="internal error", ping_error_message=failed))
    return _sent(wanted, found.outcome)


def _sent(wanted: Asked, outcome: Outcome) -> Element:
    replied, microseconds = outcome is Outcome.ANSWERED, int(RTT_MS * 1000)
    results = built("ping-results", *fields(target_host=wanted.word, target_ip=str(wanted.destination)))
    results.extend(fields(packet_size=wanted.size))
    if outcome is Outcome.NO_ROUTE:
        results.append(built("ping-warning-message", "sendto: No route to host"))
    for number in range(wanted.times):
        probe = built("probe-result", *fields(probe_index=number + 1))
        if replied:
            size, address = wanted.size + HEADER, str(wanted.destination)
            probe.append(built("probe-success"))
            probe.extend(fields(sequence_number=number, ip_address=address, time_to_live=TTL, response_size=size))
            probe.extend(fields(rtt=microseconds))
        else:
            probe.append(built("probe-failure", "no-response"))
        results.append(probe)
    received, loss = (wanted.times, 0) if replied else (0, 100)
    summary = built(
        "probe-results-summary", *fields(probes_sent=wanted.times, responses_received=received, packet_loss=loss)
    )
    if replied:
        same = microseconds
        summary.extend(fields(rtt_minimum=same, rtt_maximum=same, rtt_average=same, rtt_stddev=0))
    results.append(summary)
    results.append(built("ping-success") if replied else built("ping-failure", "no response"))
    return results
