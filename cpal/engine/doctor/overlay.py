"""The overlay, examined: all hypervisors that have registered are asked, then the paths between them are tried."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from cpal.core.driver import HostStatus, TunnelKeys
from cpal.engine.doctor import mesh, mtu, offload, vni
from cpal.engine.doctor.facts import HostFacts, Run, ask
from cpal.engine.doctor.finding import CHECKS, Finding
from cpal.errors import CpalError
from cpal.model.network import Network

WORKERS = 32
"""How many hypervisors are asked at once."""


def examine(
    registered: Mapping[str, HostStatus],
    networks: Collection[Network],
    keys: TunnelKeys,
    run: Run,
    report: Callable[[str], None],
) -> list[Finding]:
    """What is wrong with the overlay, and what is not: in the order of `CHECKS`, hypervisor by hypervisor."""
    report(f"asking {len(registered)} hypervisors")
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(lambda name: _asked(name, run), sorted(registered)))
        hosts = {facts.name: facts for facts in answers if isinstance(facts, HostFacts)}
        found = [answer for answer in answers if isinstance(answer, Finding)]
        found += mesh.findings(hosts, registered)
        paths = list(chain.from_iterable(mtu.paths(facts, _leads(registered)) for facts in hosts.values()))
        report(f"probing {len(paths)} paths")
        found += chain.from_iterable(pool.map(lambda path: list(mtu.findings([path], networks, run)), paths))
    found += chain.from_iterable(map(offload.findings, hosts.values()))
    found += vni.findings(networks, keys, hosts)
    return sorted(found, key=lambda finding: CHECKS.index(finding.check))


def _asked(name: str, run: Run) -> HostFacts | Finding:
    try:
        return ask(name, run)
    except CpalError as error:
        return Finding("mesh", "problem", name, "it could not be asked", error.message, error.remedy)


def _leads(registered: Mapping[str, HostStatus]) -> dict[str, str]:
    return {address: name for name, status in registered.items() for address in status.encaps.values()}
