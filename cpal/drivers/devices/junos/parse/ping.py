"""Junos: echoes, whose times it tells in microseconds. Source: Junos XML API operational reference, `<ping>`."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from cpal.drivers.devices.parse.asking import XML, Ask, Asking
from cpal.drivers.devices.parse.ping import SIZE, Echoes, echoes
from cpal.model.device.ping import COUNT, WAIT_S, EchoAnswer, Ping

TTL = 255


def ping(
    destination: str, source: str | None = None, vrf: str | None = None, count: int = COUNT, wait_s: int = WAIT_S
) -> Asking[Ping]:
    """Send echoes to a destination, and tell what came back. Raises Invalid for what cannot be typed."""
    wanted = echoes(destination, source, vrf, count, wait_s)
    (told,) = yield (Ask(_rpc(wanted), XML, recorded=f"<command>{_command(wanted)}</command>"),)
    found = told if told.tag == "ping-results" else told.find(".//ping-results")
    if found is None:
        raise ValueError("no ping-results")
    sent, received = _number(found, "probes-sent"), _number(found, "responses-received")
    failed = found.findtext("ping-error-message") or found.findtext("ping-warning-message")
    if sent is None and failed is None:
        raise ValueError("neither probes-sent nor why there are none")
    least, mean, most, deviation = (_ms(found, f"rtt-{each}") for each in ("minimum", "average", "maximum", "stddev"))
    return Ping(
        destination=destination, source=source, vrf=vrf, sent=sent or 0, received=received or 0, rtt_min_ms=least,
        rtt_avg_ms=mean, rtt_max_ms=most, rtt_deviation_ms=deviation, answers=tuple(_answers(found)),
        error=failed.strip() if failed else None,
    )  # fmt: skip


def _rpc(wanted: Echoes) -> str:
    parts = {
        "host": wanted.destination, "source": wanted.source, "ttl": TTL, "wait": wanted.wait_s, "size": SIZE,
        "count": wanted.times, "routing-instance": wanted.vrf,
    }  # fmt: skip
    return f"<ping>{''.join(f'<{name}>{each}</{name}>' for name, each in parts.items() if each is not None)}</ping>"


def _command(wanted: Echoes) -> str:
    source = f" source {wanted.source}" if wanted.source else ""
    vrf = f" routing-instance {wanted.vrf}" if wanted.vrf else ""
    limits = f"ttl {TTL} wait {wanted.wait_s} size {SIZE} count {wanted.times}"
    return f"ping {wanted.destination}{source} {limits}{vrf}"


def _answers(found: Element) -> Iterator[EchoAnswer]:
    for each in found.iter("probe-result"):
        address, failure = each.findtext("ip-address"), each.findtext("probe-failure")
        yield EchoAnswer(
            address=address.strip() if address else None, rtt_ms=_ms(each, "rtt"),
            error=failure.strip() if failure else None,
        )  # fmt: skip


def _number(found: Element, name: str) -> int | None:
    text = found.findtext(f".//{name}")
    return int(text) if text else None


def _ms(found: Element, name: str) -> float | None:
    number = _number(found, name)
    return None if number is None else number / 1000
