"""The tunnel mesh: expected, as hypervisors have registered; configured, as their switches have it; really reachable.

Theory. ovn-controller makes a tunnel from each hypervisor to each other one of a transport zone in common, of a type
that both have, to the address that the other registered in the Southbound database. Source: ovn-controller(8),
`ovn-encap-type`, `ovn-encap-ip`, `ovn-transport-zones`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cpal.core.driver import HostStatus
from cpal.engine.doctor.facts import HostFacts, Interface
from cpal.engine.doctor.finding import Finding

Hosts = Mapping[str, HostFacts]
Registered = Mapping[str, HostStatus]

_CONTROLLER = "on {host}: ovs-appctl -t ovn-controller connection-status, and see the log of ovn-controller"


def findings(hosts: Hosts, registered: Registered) -> Iterator[Finding]:
    """What is wrong with who has a tunnel to whom."""
    yield from _registrations(hosts, registered)
    for name, facts in hosts.items():
        if name in registered:
            wrong = [*_missing(facts, hosts, registered), *_strays(facts, registered), *_broken(facts)]
            yield from wrong or [_in_order(facts)]


def _in_order(facts: HostFacts) -> Finding:
    ends = ", ".join(f"{tunnel.name} to {tunnel.remote}" for tunnel in facts.tunnels) or "no other hypervisor"
    return Finding("mesh", "ok", facts.name, "a tunnel to every other hypervisor, and each works", ends)


def _registrations(hosts: Hosts, registered: Registered) -> Iterator[Finding]:
    owners: dict[str, list[str]] = {}
    for name, status in registered.items():
        for address in set(status.encaps.values()):
            owners.setdefault(address, []).append(name)
        if not status.alive:
            yield Finding(
                "mesh", "problem", name, "it does not keep up with the Southbound database",
                "its ovn-controller has not answered to the last sequence number", _CONTROLLER.format(host=name),
            )  # fmt: skip
        facts = hosts.get(name)
        lost = sorted(set(status.encaps.values()) - facts.addresses) if facts else []
        if lost:
            yield Finding(
                "mesh", "problem", name, f"it says that its tunnels end at {', '.join(lost)}, and has no such address",
                f"its links have {', '.join(sorted(facts.addresses)) if facts else 'none'}",
                f"on {name}: ovs-vsctl set open_vswitch . external_ids:ovn-encap-ip=ADDRESS",
            )  # fmt: skip
    for address, names in owners.items():
        if len(names) > 1:
            yield Finding(
                "mesh", "problem", ", ".join(names), f"several hypervisors say that their tunnels end at {address}",
                "the Southbound database, table Encap", "give each an ovn-encap-ip of its own",
            )  # fmt: skip


def expected(facts: HostFacts, hosts: Hosts, registered: Registered) -> dict[str, str]:
    """The other hypervisors that this one should have a tunnel to, each with the address that leads there."""
    mine, found = registered[facts.name].encaps, {}
    for name, status in registered.items():
        types = [type for type in status.encaps if type in mine]
        if name != facts.name and types and _zones(facts, hosts.get(name)):
            found[name] = status.encaps[types[0]]
    return found


def _zones(one: HostFacts, other: HostFacts | None) -> bool:
    """Whether two are in a transport zone together; one that was not asked is taken to be."""
    zones = [each.external_ids.get("ovn-transport-zones", "").split(",") for each in (one, other) if each]
    return len(zones) < 2 or bool(set(zones[0]) & set(zones[1]))


def _missing(facts: HostFacts, hosts: Hosts, registered: Registered) -> Iterator[Finding]:
    held = {tunnel.remote for tunnel in facts.tunnels}
    for name, address in expected(facts, hosts, registered).items():
        if address not in held:
            yield Finding(
                "mesh", "problem", facts.name, f"no tunnel to {name} ({address})",
                f"its switch has tunnels to {', '.join(sorted(held - {''})) or 'nobody'}",
                _CONTROLLER.format(host=facts.name),
            )  # fmt: skip


def _strays(facts: HostFacts, registered: Registered) -> Iterator[Finding]:
    known = {address for status in registered.values() for address in status.encaps.values()}
    for tunnel in facts.tunnels:
        if tunnel.remote and tunnel.remote not in known and tunnel.name.startswith("ovn-"):
            yield Finding(
                "mesh", "problem", facts.name, f"a tunnel to {tunnel.remote}, where no hypervisor is",
                f"interface {tunnel.name}",
                f"is a hypervisor gone? else on {facts.name}: ovs-vsctl del-port br-int {tunnel.name}",
            )  # fmt: skip


def _broken(facts: HostFacts) -> Iterator[Finding]:
    for tunnel in facts.tunnels:
        where = f"the tunnel {tunnel.name} to {tunnel.remote}"
        if tunnel.error:
            yield Finding("mesh", "problem", facts.name, f"{where} could not be made", tunnel.error, _made(tunnel))
        elif tunnel.status.get("tunnel_egress_iface_carrier") == "down":
            link = tunnel.status.get("tunnel_egress_iface", "")
            yield Finding(
                "mesh", "problem", facts.name, f"{where} leaves by {link}, which has no carrier",
                "status:tunnel_egress_iface_carrier=down", f"see the cable and the switch port of {link}",
            )  # fmt: skip
        elif tunnel.bfd.get("enable") == "true" and tunnel.bfd_status.get("state") != "up":
            said = tunnel.bfd_status
            evidence = f"BFD is {said.get('state', 'unknown')}: {said.get('diagnostic', 'no diagnostic')}"
            yield Finding(
                "mesh", "problem", facts.name, f"{where} is down", evidence,
                "see whether UDP gets from one to the other (firewalls), and whether the far end runs",
            )  # fmt: skip


def _made(tunnel: Interface) -> str:
    if "family not supported" in tunnel.error or "not supported" in tunnel.error:
        return f"load the kernel's module: modprobe {tunnel.type}"
    return "see the log of ovs-vswitchd"
