"""Between the estate and a lab: what the lab is as records, and which workloads the estate wants there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from msgspec.structs import replace

from cpal.errors import Conflict, Invalid, NotFound
from cpal.lab.records import Hypervisor, Interface, Workload
from cpal.model.address import prefix
from cpal.model.carrying import carried
from cpal.model.estate import Change, Estate
from cpal.model.instance import Instance
from cpal.model.network import INSTANCE_OWNER, ROUTER_INTERFACE, FixedIP, Network, Port, Subnet
from cpal.model.record import Record
from cpal.model.router import Router
from cpal.model.target import Host, OutsideHost, Project, Range, Target

if TYPE_CHECKING:
    from cpal.lab.lab import Lab

FABRIC = "fabric"
"""The name of the target of a lab's fabric, where hypervisors are beside it."""
LAB = "lab"
"""The name of the lab's target, and of the stack that its records are of."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,48}")
"""A project's or an instance's name that a network namespace may have as its own."""
_ODD = re.compile(r"[^A-Za-z0-9_-]+")
VLANS = Range(100, 199)
"""VLAN ids that project networks may get on the lab's physical networks; 42 is the outside host's."""


def check_hosts_stay(names: Iterable[str], estate: Estate) -> None:
    """Raise Conflict where instances are on hosts of the lab that are not among these."""
    staying = set(names)
    of_lab = {host.name for host in estate.all(Host) if host.stack == LAB}
    stranded = {instance.host for instance in estate.all(Instance)} & of_lab - staying
    if stranded:
        most = max(int(name.lstrip("hvleaf")) for name in stranded)
        words = f"--fabric frr --leaves {most}" if min(stranded).startswith("leaf") else f"--hypervisors {most}"
        raise Conflict(
            "instances are placed there, and it would not be",
            key=", ".join(sorted(stranded)),
            remedy=f"run: cpal lab up {words}; nothing was changed",
        )


def lab_records(lab: Lab, encap: str, namespace: UUID) -> list[Record]:
    """The lab as records: its target, or both where it has hypervisors beside a fabric; its hosts; the hosts beyond."""

    def id_of(kind: str, name: str) -> str:
        return str(uuid5(namespace, f"{LAB}/{kind}/{name}"))

    status = lab.status()
    fabric, virtual = status.fabric, status.endpoints
    physical = sorted({name for hypervisor in lab.hypervisors for name in hypervisor.physical_networks})
    vlans = dict.fromkeys(physical, VLANS)
    beside = FABRIC if virtual else LAB
    targets = []
    if virtual:
        endpoints = {"northbound": virtual.northbound, "southbound": virtual.southbound}
        targets.append(Target(id=id_of("target", LAB), name=LAB, stack=LAB, driver="ovn", endpoints=endpoints,
                              encap=encap, vlan_ranges=vlans))  # fmt: skip
    if fabric:
        targets.append(Target(id=id_of("target", beside), name=beside, stack=LAB, driver=fabric.make,
                              endpoints=fabric.endpoints, encap="vxlan", vlan_ranges=vlans))  # fmt: skip
    leaves = fabric.endpoints if fabric else {}
    hosts = [
        Host(
            id=id_of("host", found.name), name=found.name, stack=LAB, target=beside if found.name in leaves else LAB,
            physical_networks=found.physical_networks, underlay_address=found.underlay_address,
        )
        for found in lab.hypervisors
    ]  # fmt: skip
    outside = [
        OutsideHost(
            id=id_of("outside_host", found.name), name=found.name, stack=LAB, target=beside if fabric else LAB,
            physical_network=found.physical_network, segmentation_id=found.vlan, addresses=found.addresses,
            loopbacks=found.loopbacks, mac_address=found.mac_address,
        )
        for found in lab.outside_hosts
    ]  # fmt: skip
    return [*targets, *hosts, *outside]


def undoable(changes: Iterable[Change]) -> list[Change]:
    """The changes of a revision, to take back.

    Raises:
        Conflict: they are of a lab's own records, which come and go with it.
    """
    found = list(changes)
    if any(record is not None and record.stack == LAB for change in found for record in change):
        raise Conflict(
            "that revision is what `cpal lab up` says of the lab",
            key=LAB,
            remedy="take the lab down with `cpal lab down`, or name another revision; see `cpal history`",
        )
    return found


def workload_name(instance: Instance, estate: Estate) -> str:
    """The lab's name for an instance: `project.instance`, or where these are no words for a namespace, what is left
    of them with a part of the instance's id; that has one dot more, and so is nobody else's.
    """
    project = estate.get(Project, instance.project_id)
    names = [project.name, instance.name] if project else [instance.name]
    if all(map(_PLAIN.fullmatch, names)):
        return ".".join(names)
    left = _ODD.sub("-", "-".join(names)).strip("-_")[:60]
    return f"{left or 'instance'}.id.{instance.id[:8]}"


def interfaces_of(instance: Instance, estate: Estate) -> list[Port]:
    """An instance's ports in the order of its interfaces eth0, eth1 ..."""
    ports: list[Port] = estate.find("port.device", instance.id)
    return sorted(ports, key=lambda port: (port.name, port.id))


def interface_names(instance: Instance, estate: Estate) -> dict[str, str]:
    """What an instance calls the interface of each port that it has, by the port's id: that of a subport `eth0.100`."""
    found = {}
    for number, port in enumerate(interfaces_of(instance, estate)):
        found[port.id] = f"eth{number}"
        found |= {inner.id: f"eth{number}.{vlan}" for vlan, inner in carried(estate, port)}
    return found


def plugged_name(port: Port) -> str:
    """The lab's name for a workload of one port that was plugged by itself; it too has a dot more than others."""
    return f"{_ODD.sub('-', port.name).strip('-_')[:60] or 'port'}.port.{port.id[:8]}"


def check_pluggable(port: Port, estate: Estate, hypervisors: Iterable[Hypervisor]) -> None:
    """Raise where a port cannot be plugged by itself.

    Raises:
        Conflict: it is plugged already, with its instance, with its trunk, or as a router's.
        Invalid: it is bound to no host.
        NotFound: its host is none of the lab's.
    """
    if port.device_owner.startswith("network:"):
        raise Conflict("OVN itself serves this port", key=port.id, seen=port.device_owner)
    if port.device_owner == INSTANCE_OWNER and estate.get(Instance, port.device_id):
        raise Conflict("the lab plugs this port with its instance", key=port.id, remedy="cpal apply")
    if estate.ids("trunk.subport", port.id):
        raise Conflict("the lab plugs this port with the one of its trunk", key=port.id, remedy="cpal lab plug that")
    if not port.host_id:
        raise Invalid("the port is bound to no host", key=port.id, field="binding:host_id",
                      remedy=f"openstack port set --host {next(iter(hypervisors)).name} {port.id}")  # fmt: skip
    names = [hypervisor.name for hypervisor in hypervisors]
    if port.host_id not in names:
        raise NotFound("the port's host is no hypervisor of the lab", key=port.id, seen=port.host_id,
                       remedy=f"there are: {', '.join(names)}")  # fmt: skip


def workloads_of(estate: Estate, hypervisors: frozenset[str], asked: frozenset[str] = frozenset()) -> list[Workload]:
    """The workloads that the estate wants on these hypervisors, by name: its instances, and ports asked for."""
    ports = [port for id in asked if (port := estate.get(Port, id)) is not None and port.host_id in hypervisors]
    alone = [
        Workload(name=plugged_name(port), hypervisor=port.host_id, interfaces=tuple(_interfaces([port], estate)))
        for port in ports
    ]
    found = [
        Workload(
            name=workload_name(instance, estate),
            hypervisor=instance.host,
            interfaces=tuple(_interfaces(interfaces_of(instance, estate), estate)),
        )
        for instance in estate.all(Instance)
        if instance.host in hypervisors
    ]
    return sorted(alone + found, key=lambda workload: workload.name)


def _interfaces(ports: Iterable[Port], estate: Estate) -> Iterator[Interface]:
    """The interfaces of a machine that has these ports, with those that its trunks carry."""
    for port in ports:
        yield replace(_interface(port, estate), trunk=bool(estate.ids("trunk.port", port.id)))
        for vlan, inner in carried(estate, port):
            yield replace(_interface(inner, estate), carrier=port.id, vlan=vlan)


def _interface(port: Port, estate: Estate) -> Interface:
    """A port's interface. One that is down is told its addresses, since no server would hear it ask."""
    network = estate.get(Network, port.network_id)
    up = port.admin_state_up and (network is None or network.admin_state_up)
    placed = [(fixed, subnet) for fixed in port.fixed_ips or () if (subnet := estate.get(Subnet, fixed.subnet_id))]
    static = [(fixed, subnet) for fixed, subnet in placed if not up or _is_static(subnet, estate)]
    served = [pair for pair in placed if pair not in static]
    six = [subnet for _, subnet in served if subnet.ip_version == 6]
    gateways = {subnet.ip_version: subnet.gateway_ip for _, subnet in reversed(static) if subnet.gateway_ip}
    return Interface(
        port_id=port.id,
        mac_address=port.mac_address,
        mtu=network.mtu if network else 1500,
        dhcp4=any(subnet.ip_version == 4 and subnet.enable_dhcp for _, subnet in served),
        dhcp6=any(subnet.ipv6_address_mode.startswith("dhcpv6") and subnet.enable_dhcp for subnet in six),
        slaac=any(subnet.ipv6_ra_mode in ("slaac", "dhcpv6-stateless") for subnet in six),
        addresses=tuple(_with_length(fixed, subnet) for fixed, subnet in static),
        gateways=tuple(gateways.values()),
        lease=_lease(port, served),
    )


def _lease(port: Port, served: list[tuple[FixedIP, Subnet]]) -> str:
    """What DHCP and router advertisements are to tell the port, in words that change when it does."""
    told = [f"{option.opt_name}={option.opt_value}" for option in port.extra_dhcp_opts]
    for fixed, subnet in served:
        told += [fixed.ip_address, subnet.cidr, subnet.gateway_ip or "", *subnet.dns_nameservers]
        told += [f"{route.destination} via {route.nexthop}" for route in subnet.host_routes]
    return " ".join(told)


def _is_static(subnet: Subnet, estate: Estate) -> bool:
    """Whether a workload must be told its address: no DHCP, or IPv6 without a router that advertises the prefix."""
    if subnet.ip_version == 4:
        return not subnet.enable_dhcp
    return not (
        subnet.ipv6_ra_mode and any(_advertises(port, estate) for port in estate.find("port.subnet", subnet.id))
    )


def _advertises(port: Port, estate: Estate) -> bool:
    """Whether a port is a router's interface that works, and so advertises its prefixes."""
    router = estate.get(Router, port.device_id) if port.device_owner == ROUTER_INTERFACE else None
    return router is not None and router.admin_state_up and port.admin_state_up


def _with_length(fixed: FixedIP, subnet: Subnet) -> str:
    return f"{fixed.ip_address}/{prefix(subnet.cidr).prefixlen}"
