"""Ports that belong to no instance are plugged one by one, as a compute service would; real packets pass."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_interface
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from cpal.errors import Conflict, Invalid, NotFound
from cpal.faces.labs import plugged_name
from cpal.model.network import Network, Port
from tests.scenario.stage import Stage, stage

TOWN = """\
project: red
networks:
  web:
    subnets:
      four: {cidr: 10.0.1.0/24}
      six: {cidr: "2001:db8:1::/64", ipv6_address_mode: slaac, ipv6_ra_mode: slaac}
routers:
  edge: {interfaces: [{subnet: web/four}, {subnet: web/six}]}
security_groups:
  open:
    rules: [{direction: ingress, ethertype: IPv4}, {direction: ingress, ethertype: IPv6}]
instances:
  web1: {network: web, security_groups: [open], host: hv1}
"""


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """A network with an instance, and a router that advertises its IPv6 prefix."""
    with stage() as found:
        found.apply(TOWN)
        yield found


def made(town: Stage, **fields: Any) -> Port:
    """A new port on the network, as an API makes one: nobody's, in the group that lets all in."""
    like = town.port("red", "web1")
    found = Port(
        id=str(uuid4()), project_id=like.project_id, network_id=like.network_id, security_groups=like.security_groups,
        device_owner="compute:nova", device_id=str(uuid4()), **fields,
    )  # fmt: skip
    return kept(town, found)


def kept(town: Stage, port: Port) -> Port:
    """The port as it is after it was declared so."""
    town.session.apply(town.session.plan_records([port]))
    [found] = [each for each in town.session.estate.all(Port) if each.id == port.id]
    return found


def removed(town: Stage, port: Port) -> None:
    """Delete the port."""
    town.session.apply(town.session.plan_records((), [port.key]))


def answers(town: Stage, port: Port, address: str) -> bool:
    """Whether a ping from a port's machine is answered; asked for a while, since routers must be heard first."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if town.lab.run(plugged_name(port), ["ping", "-c", "1", "-W", "1", address]).exit_code == 0:
            return True
    return False


def becomes_down(town: Stage, port: Port) -> bool:
    """Whether OVN says so once the hypervisor has let the port go."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if town.session.observe()[port.id].status == "DOWN":
            return True
        time.sleep(0.05)
    return False


def test_a_plugged_port_is_active_has_its_addresses_and_speaks(town: Stage) -> None:
    port = made(town, name="api one", host_id="hv2")
    assert town.session.observe()[port.id].status == "DOWN", "nobody plugged it yet"
    town.session.plug_ports([port])
    status = town.session.observe()[port.id]
    assert (status.status, status.host) == ("ACTIVE", "hv2")
    here = {str(ip_interface(each.address).ip) for each in town.lab.addresses(plugged_name(port))}
    assert set(port.addresses) <= here
    for address in town.port("red", "web1").addresses:
        assert answers(town, port, address), address
    town.session.unplug_ports([port.id])
    assert becomes_down(town, port)
    removed(town, port)


def test_it_stays_plugged_through_what_others_apply_and_follows_its_host(town: Stage) -> None:
    port = made(town, host_id="hv1")
    town.session.plug_ports([port])
    town.apply(TOWN + "  web2: {network: web, security_groups: [open], host: hv2}\n")
    assert town.session.observe()[port.id].host == "hv1"
    kept(town, replace(port, host_id="hv2"))
    assert town.session.observe()[port.id].host == "hv2"
    removed(town, port)
    assert plugged_name(port) not in {each.name for each in town.lab.status().workloads}
    town.session.unplug_ports([port.id])
    assert town.lab.asked() == frozenset()


def test_what_cannot_be_plugged_by_itself_says_why(town: Stage) -> None:
    session = town.session
    unbound = made(town)
    with pytest.raises(Invalid, match="bound to no host"):
        session.plug_ports([unbound])
    with pytest.raises(NotFound, match="no hypervisor of the lab"):
        session.plug_ports([replace(unbound, host_id="elsewhere")])
    with pytest.raises(Conflict, match="with its instance"):
        session.plug_ports([town.port("red", "web1")])
    [router] = [port for port in session.estate.all(Port) if port.device_owner.startswith("network:")][:1]
    with pytest.raises(Conflict, match="OVN itself"):
        session.plug_ports([router])
    with pytest.raises(NotFound, match="nobody asked"):
        session.unplug_ports([unbound.id])
    removed(town, unbound)
    assert session.estate.count(Network) == 1
