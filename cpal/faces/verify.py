"""What is predicted beside what real packets show, flow by flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from cpal.engine.probe import Landing, Landings, Observation, Place, probe, rounds, untold
from cpal.errors import Failed, Unreachable, Unverified
from cpal.faces.labs import interface_names, workload_name
from cpal.lab.lab import Lab
from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.record import Part
from cpal.reach.flow import Endpoint, Flow, Verdict
from cpal.reach.names import endpoints
from cpal.reach.predict import forwarded_services, predict

Report = Callable[[str], None]
PROBING, AGAIN = "probing", "probing again"
"""What reports begin with: of all flows, and of those that are tried a second time."""


class ProbeResult(Part, frozen=True):
    """One flow: who sends what to whom by which address, what is predicted and why, what was observed and how.

    `observed` is None when it could not be probed.
    """

    source: str
    destination: str
    address: str
    protocol: str
    predicted: bool
    observed: bool | None
    reason: str
    evidence: str

    @property
    def agrees(self) -> bool:
        """Whether the packets did what was predicted."""
        return self.observed is self.predicted


def verify(estate: Estate, lab: Lab, report: Report) -> list[ProbeResult]:
    """Probe every flow between the estate's endpoints in the lab, and the hosts outside; of a range of forwarded ports,
    the first and the last.

    Raises:
        Unreachable: the lab is down.
        Denied: not privileged to send packets there.
        Failed: a switch does not forget connections.
    """
    if lab.status().state == "down":
        raise Unreachable("the lab is down, and nothing else can send packets", remedy="run `cpal lab up`")
    verdicts = predict(estate)
    observations = _observe(verdicts, estate, lab, report)
    return [
        ProbeResult(
            source=verdict.flow.source,
            destination=verdict.flow.destination,
            address=verdict.flow.address,
            protocol=str(verdict.flow.service),
            predicted=verdict.reachable,
            observed=observation.observed,
            reason=verdict.reason,
            evidence=observation.evidence,
        )
        for verdict, observation in zip(verdicts, observations, strict=True)
    ]


def check(before: Estate, after: Estate, lab: Lab, report: Report, is_whole: bool) -> None:
    """Send packets between the endpoints that there are before and after a change which is on its way.

    Until it is whole, only flows are looked at of which the same is predicted before and after.

    Raises:
        Unverified: naming the first flow that is not as predicted, or could not be probed, and how many.
        Unreachable, Denied, Failed: as `verify`.
    """
    if lab.status().state == "down":
        raise Unreachable("the lab is down, and nothing else can send packets", remedy="leave --probe out")
    was = {verdict.flow: verdict.reachable for verdict in predict(before)}
    verdicts = [each for each in predict(after) if each.flow in was and (is_whole or was[each.flow] is each.reachable)]
    observations = _observe(verdicts, after, lab, report)
    wrong = [
        (verdict, seen)
        for verdict, seen in zip(verdicts, observations, strict=True)
        if seen.observed is not verdict.reachable
    ]
    if wrong:
        verdict, seen = wrong[0]
        flow = verdict.flow
        what = f"{flow.source} to {flow.destination} ({flow.address}, {flow.service}): {seen.evidence}"
        raise Unverified(
            f"{len(wrong)} of {len(verdicts)} flows are not as predicted, the first: {what}",
            key=flow.source, wanted=verdict.reachable, seen=seen.observed,
        )  # fmt: skip


def _observe(verdicts: list[Verdict], estate: Estate, lab: Lab, report: Report) -> list[Observation]:
    """What real packets show of each flow, in order.

    What is not as predicted, of a protocol whose connections cannot be told apart, is tried again by itself: what
    others sent may have been taken for it, or it for theirs. So is what should pass and was not seen: while a switch
    has much else to do, first packets come too late.
    """
    places = _places(estate, lab)
    flows = [verdict.flow for verdict in verdicts]
    forwarded = forwarded_services(estate)
    landings = {flow: Landing(*landing) for flow in flows if (landing := forwarded.get((flow.address, flow.service)))}
    found = dict(_in_rounds(flows, places, landings, lab, report, PROBING))
    doubtful = [at for at, verdict in enumerate(verdicts) if _is_doubtful(verdict, found[at].observed)]
    again = _in_rounds([flows[at] for at in doubtful], places, landings, lab, report, AGAIN, apart=True)
    for position, observation in again if doubtful else ():
        found[doubtful[position]] = replace(observation, evidence=f"{observation.evidence}, at the second try")
    return [found[position] for position in range(len(flows))]


def _is_doubtful(verdict: Verdict, observed: bool | None) -> bool:
    if untold(verdict.flow.service):
        return observed is not verdict.reachable
    return verdict.reachable and observed is False


def _in_rounds(
    flows: list[Flow],
    places: Mapping[str, Place],
    landings: Landings,
    lab: Lab,
    report: Report,
    doing: str,
    apart: bool = False,
) -> Iterator[tuple[int, Observation]]:
    """What real packets show of the flows, each by its position."""
    done = 0

    def told(now: int, total: int) -> None:
        if total:
            report(f"{doing} {done + now}/{done + total} flows with real packets")

    for positions in rounds(flows, places, apart):
        some = [flows[position] for position in positions]
        _forget(lab, {flow.service.protocol for flow in some if untold(flow.service)})
        yield from zip(positions, probe(some, places, told, landings=landings), strict=True)
        done += len(some)


def _forget(lab: Lab, protocols: set[int]) -> None:
    """Make the switches forget what they track of these protocols. Source: ovs-vswitchd(8), dpctl/flush-conntrack.

    Leaves of a fabric track nothing.
    """
    fabric = lab.status().fabric
    leaves = fabric.endpoints if fabric else {}
    for hypervisor in (each for each in lab.hypervisors if protocols and each.name not in leaves):
        for protocol in sorted(protocols):
            words = ["ovs-appctl", "dpctl/flush-conntrack", f"ct_nw_proto={protocol}"]
            done = lab.run(hypervisor.name, words)
            if done.exit_code:
                raise Failed(f"cannot forget connections: {done.stderr.strip()}", key=hypervisor.name)


def _places(estate: Estate, lab: Lab) -> dict[str, Place]:
    return {endpoint.name: _place(endpoint, estate, lab) for endpoint in endpoints(estate)}


def _place(endpoint: Endpoint, estate: Estate, lab: Lab) -> Place:
    instance = estate.get(Instance, endpoint.instance_id) if endpoint.instance_id else None
    if instance is None:
        return Place(str(lab.namespace_path(endpoint.name)), "eth0", endpoint.addresses)
    path = lab.namespace_path(workload_name(instance, estate))
    return Place(str(path), interface_names(instance, estate)[endpoint.port_id], endpoint.addresses)
