"""What is predicted beside what real packets show, flow by flow."""

from __future__ import annotations

from collections.abc import Callable

from cpal.engine.probe import Observation, Place, probe, rounds, untold
from cpal.errors import Failed, Unreachable
from cpal.faces.labs import interfaces_of, workload_name
from cpal.lab.lab import Lab
from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.record import Part
from cpal.reach.flow import Endpoint, Flow
from cpal.reach.names import endpoints
from cpal.reach.predict import predict

Report = Callable[[str], None]


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
    """Probe every flow between the estate's endpoints in the lab, and the hosts outside.

    Raises:
        Unreachable: the lab is down.
        Denied: not privileged to send packets there.
        Failed: a switch does not forget connections.
    """
    if lab.status().state == "down":
        raise Unreachable("the lab is down, and nothing else can send packets", remedy="run `cpal lab up`")
    verdicts = predict(estate)
    observations = _observe([verdict.flow for verdict in verdicts], estate, lab, report)
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


def _observe(flows: list[Flow], estate: Estate, lab: Lab, report: Report) -> list[Observation]:
    """What real packets show of each flow, in order."""
    places = _places(estate, lab)
    found: dict[int, Observation] = {}
    for positions in rounds(flows):
        _forget(lab, {flows[position].service.protocol for position in positions if untold(flows[position].service)})
        before = len(found)

        def told(done: int, total: int, before: int = before) -> None:
            report(f"probing {before + done}/{before + total} flows with real packets")

        found |= zip(positions, probe([flows[position] for position in positions], places, told), strict=True)
    return [found[position] for position in range(len(flows))]


def _forget(lab: Lab, protocols: set[int]) -> None:
    """Make the switches forget what they track of these protocols. Source: ovs-vswitchd(8), dpctl/flush-conntrack."""
    for hypervisor in lab.hypervisors if protocols else ():
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
    number = [port.id for port in interfaces_of(instance, estate)].index(endpoint.port_id)
    path = lab.namespace_path(workload_name(instance, estate))
    return Place(str(path), f"eth{number}", endpoint.addresses)
