"""The hypervisors of a target: where their tunnels end, and how commands get there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cpal.core.driver import HostStatus
from cpal.engine import ssh
from cpal.engine.doctor.facts import Run
from cpal.errors import NotFound
from cpal.faces.doctor import runner
from cpal.faces.live_capture import Words
from cpal.lab.lab import Lab


class Hypervisors(NamedTuple):
    """By name, the address of a hypervisor's tunnels; what runs a command there; the words that would run it."""

    addresses: Mapping[str, str]
    run: Run
    words: Words


def hypervisors(hosts: Sequence[HostStatus], lab: Lab) -> Hypervisors:
    """The hypervisors that have registered: those of the lab where it is up, others by ssh at their host name.

    Raises:
        NotFound: none has.
    """
    addresses = {host.name: next(iter(host.encaps.values())) for host in hosts if host.encaps}
    if not addresses:
        raise NotFound("no hypervisor has registered", remedy="cpal lab up, or see that ovn-controller runs on them")
    status = lab.status()
    in_lab = {hypervisor.name for hypervisor in status.hypervisors} if status.state != "down" else set()
    names = {host.name: host.host_name or host.name for host in hosts}

    def words(host: str, command: Sequence[str]) -> list[str]:
        return lab.exec_argv(host, command) if host in in_lab else ssh.words(names[host], command)

    return Hypervisors(addresses, runner(hosts, lab), words)
