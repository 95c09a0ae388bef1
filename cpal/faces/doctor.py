"""The doctor at work: where the hypervisors are, and how commands get there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from cpal.core.driver import HostStatus, TunnelKeys
from cpal.engine import ssh
from cpal.engine.doctor.facts import Run
from cpal.engine.doctor.finding import Finding
from cpal.engine.doctor.overlay import examine
from cpal.errors import NotFound
from cpal.lab.lab import Lab
from cpal.model.estate import Estate
from cpal.model.network import Network


def examine_overlay(
    estate: Estate,
    hosts: Mapping[str, HostStatus],
    seen: Iterable[HostStatus],
    keys: TunnelKeys,
    lab: Lab,
    report: Callable[[str], None],
) -> list[Finding]:
    """What is wrong with the overlay of these hypervisors.

    Raises:
        NotFound: no hypervisor has registered.
    """
    if not hosts:
        remedy = "cpal lab up, or see that ovn-controller runs on the hypervisors and reaches the Southbound database"
        raise NotFound("no hypervisor has registered at a target", remedy=remedy)
    return examine(hosts, list(estate.all(Network)), keys, runner(seen, lab), report)


def runner(seen: Iterable[HostStatus], lab: Lab) -> Run:
    """What runs commands on hypervisors: those of the lab where it is up, others by ssh at their host name."""
    status = lab.status()
    in_lab = {hypervisor.name for hypervisor in status.hypervisors} if status.state != "down" else set()
    names = {host.name: host.host_name or host.name for host in seen}

    def run(host: str, words: Sequence[str]) -> ssh.Ran:
        if host in in_lab:
            done = lab.run(host, words)
            return ssh.Ran(done.exit_code, done.stdout, done.stderr)
        return ssh.run(names.get(host, host), words)

    return run
