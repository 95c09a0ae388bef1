"""What is predicted beside what real packets show, flow by flow."""

from __future__ import annotations

from collections.abc import Callable

from cpal.engine.probe import Place, probe
from cpal.errors import Unreachable
from cpal.faces.labs import interfaces_of, workload_name
from cpal.lab.lab import Lab
from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.record import Part
from cpal.reach.flow import Endpoint
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
    """
    if lab.status().state == "down":
        raise Unreachable("the lab is down, and nothing else can send packets", remedy="run `cpal lab up`")
    verdicts = predict(estate)

    def told(done: int, total: int) -> None:
        report(f"probing {done}/{total} flows with real packets")

    observations = probe([verdict.flow for verdict in verdicts], _places(estate, lab), told)
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


def _places(estate: Estate, lab: Lab) -> dict[str, Place]:
    return {endpoint.name: _place(endpoint, estate, lab) for endpoint in endpoints(estate)}


def _place(endpoint: Endpoint, estate: Estate, lab: Lab) -> Place:
    instance = estate.get(Instance, endpoint.instance_id) if endpoint.instance_id else None
    if instance is None:
        return Place(str(lab.namespace_path(endpoint.name)), "eth0", endpoint.addresses)
    number = [port.id for port in interfaces_of(instance, estate)].index(endpoint.port_id)
    path = lab.namespace_path(workload_name(instance, estate))
    return Place(str(path), f"eth{number}", endpoint.addresses)
