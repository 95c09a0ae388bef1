"""IOS-XR: IP SLA operations as configured, and what they found, from either tree."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from cpal.drivers.devices.iosxr.parse.system import probes_config, probes_config_netconf
from cpal.drivers.devices.iosxr.parse.tree import either, members, plain, whole
from cpal.drivers.devices.parse.asking import XML, Ask, Asking
from cpal.model.device.system import Delays, Probe, ProbeResult

YANG = "http://cisco.com/ns/yang/Cisco-IOS-XR-"
AGENT = Ask("<Get><Operational><IPSLA></IPSLA></Operational></Get>", XML)
NETCONF = Ask(
    f'<ipsla xmlns="{YANG}man-ipsla-oper"><operation-data><operations/></operation-data></ipsla>',
    XML,
    recorded="man-ipsla-oper_ipsla",
)
OK = "ipslaretcodeok"


def probes_results() -> Asking[tuple[ProbeResult, ...]]:
    """What IP SLA operations found, over the XML agent."""
    (reply,) = yield (AGENT,)
    return _results(reply, (yield from probes_config()))


def probes_results_netconf() -> Asking[tuple[ProbeResult, ...]]:
    """What IP SLA operations found, over NETCONF."""
    (reply,) = yield (NETCONF,)
    return _results(reply, (yield from probes_config_netconf()))


def _results(reply: Element, configured: tuple[Probe, ...]) -> tuple[ProbeResult, ...]:
    """Results with what the configuration alone tells of them: tag, source, type."""
    of = {each.owner: each for each in configured}
    found = [(either(each, "naming/operationid", "operationid"), each) for each in plain(reply).iter("operation")]
    return tuple(_result(each, of.get(owner) or Probe(owner=owner, name="")) for owner, each in found if owner)


def _result(told: Element, probe: Probe) -> ProbeResult:
    *_, life = (None, *members(told, "history/target/lifetable/life", "history/target/lifes/life"))
    buckets = list(members(life, "buckettable/bucket", "buckets/bucket"))
    times = [time for each in buckets if (time := whole(each, "responsetime")) is not None]
    codes = [code for each in buckets if (code := either(each, "returncode"))]
    latest = told.find("statistics/latest/target/commonstats")
    hours = members(told, "statistics/aggregated/hourtable/hour", "statistics/aggregated/hours/hour")
    total = next((found for each in hours if (found := _of_hour(each)) is not None), None)
    squares, updates = whole(total, "sum2responsetime"), whole(total, "updatecount")
    return ProbeResult(
        owner=probe.owner,
        name=probe.name,
        type=probe.type,
        target=probe.target,
        source=probe.source,
        count=probe.count,
        rtt_ms=sum(times) / len(times) if times else None,
        rms_ms=(squares / updates) ** 0.5 if squares is not None and updates else None,
        last_loss_percent=100 * (1 - sum(map(_is_ok, codes)) / len(codes)) if codes else None,
        last=_delays(latest),
        total=_delays(total),
    )


def _is_ok(code: str) -> bool:
    """`ipslaRetCodeOK` or `ipsla-ret-code-ok`."""
    return code.replace("-", "").lower() == OK


def _of_hour(hour: Element) -> Element | None:
    paths = ("distributionintervaltable/distributioninterval", "distributionintervals/distributioninterval")
    intervals = members(hour.find("distributed/target"), *paths)
    return next((found for each in intervals if (found := each.find("commonstats")) is not None), None)


def _delays(told: Element | None) -> Delays | None:
    if told is None:
        return None
    shortest, longest = whole(told, "minresponsetime"), whole(told, "maxresponsetime")
    together, updates = whole(told, "sumresponsetime"), whole(told, "updatecount")
    return Delays(
        min_ms=None if shortest is None else float(shortest),
        max_ms=None if longest is None else float(longest),
        avg_ms=together / updates if together is not None and updates else None,
    )
