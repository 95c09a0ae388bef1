"""What a Nova hears of its servers' ports: each claim in the Southbound database, each change; nothing is lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import PHYSICAL_NETWORK, Caller, Cloud, cloud, free_ports
from tests.support.nova_listener import NovaListener, listening

PLUGGED, UNPLUGGED = "network-vif-plugged", "network-vif-unplugged"
CHANGED, DELETED = "network-changed", "network-vif-deleted"
FLAPS = 20
"""How often a port comes and goes, and is changed each time."""


class Place:
    """A cloud that tells a Nova, and where that is."""

    def __init__(self, site: Cloud, port: int) -> None:
        self.site = site
        self.port = port
        self.admin: Caller = site.administrator
        self.network = str(self.admin.post("networks", name=str(uuid4()))["id"])
        self.admin.post("subnets", network_id=self.network, ip_version=4, cidr="10.7.0.0/16")

    def server(self, **values: Any) -> tuple[str, str]:
        """A server of Nova's and its port, bound to a host as Nova does it."""
        server = str(uuid4())
        port = self.admin.post("ports", network_id=self.network, device_id=server)["id"]
        owner = {"device_owner": "compute:nova", "binding:host_id": "hv1", **values}
        self.admin.put(f"ports/{port}", {"port": owner})
        return server, str(port)

    def plug(self, port: str, host: str = "hv1") -> None:
        """Let a hypervisor claim a port, as its ovn-controller would."""
        self._bound(port)
        claim = f"--if-exists lsp-unbind {port} -- lsp-bind {port} {host} -- set Port_Binding {port} up=true"
        self.site.place.sbctl(*claim.split())

    def unplug(self, port: str) -> None:
        """Let the claim go."""
        self.site.place.sbctl("lsp-unbind", port, "--", "set", "Port_Binding", port, "up=false")

    def _bound(self, port: str) -> None:
        deadline = time.monotonic() + 60
        while not self.site.place.sbctl("--bare", "--columns=_uuid", "find", "Port_Binding", f"logical_port={port}"):
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A cloud that tells a Nova which may or may not be there."""
    [port] = free_ports(1)
    with cloud(tmp_path_factory.mktemp("nova"), f"--nova=http://127.0.0.1:{port}/v2.1") as site:
        for number, host in enumerate(("hv1", "hv2"), 1):
            site.place.add_chassis(host, f"192.0.2.{number}")
        yield Place(site, port)


def test_a_claim_is_heard_and_nothing_of_others(place: Place) -> None:
    nova = NovaListener()
    with listening(nova, place.port):
        server, port = place.server()
        other = place.admin.post("ports", network_id=place.network, **{"binding:host_id": "hv1"})["id"]
        place.plug(str(other))
        assert place.admin.get(f"ports/{port}")["port"]["status"] == "DOWN"
        assert nova.of(port) == []
        place.plug(port)
        nova.hears(port, PLUGGED)
        assert (server, PLUGGED, port) in nova.heard
        assert place.admin.get(f"ports/{port}")["port"]["status"] == "ACTIVE"
        place.plug(port, "hv2")
        nova.hears(port, PLUGGED, PLUGGED)
        place.unplug(port)
        nova.hears(port, UNPLUGGED)
        place.admin.put(f"ports/{port}", {"port": {"name": "renamed"}})
        nova.hears(port, CHANGED)
        place.admin.delete(f"ports/{port}")
        nova.hears(port, DELETED)
        assert nova.of(port) == [PLUGGED, PLUGGED, UNPLUGGED, CHANGED, DELETED]
        assert nova.of(str(other)) == []
        assert nova.refused == []


def test_a_claim_that_went_and_came_back_at_once_is_heard_anew(place: Place) -> None:
    """As when Nova reboots a server hard: it waits for the claim, however short the port was without one."""
    nova = NovaListener()
    with listening(nova, place.port):
        _, port = place.server()
        place.plug(port)
        nova.hears(port, PLUGGED)
        binding = f"set Port_Binding {port}"
        place.site.place.sbctl(*f"{binding} up=false".split())
        place.site.place.sbctl(*f"{binding} up=true".split())
        nova.until(lambda: nova.of(port) in ([PLUGGED, PLUGGED], [PLUGGED, UNPLUGGED, PLUGGED]))


def test_a_port_that_became_a_servers_after_it_was_claimed_is_heard(place: Place) -> None:
    nova, server = NovaListener(), str(uuid4())
    with listening(nova, place.port):
        port = str(place.admin.post("ports", network_id=place.network, **{"binding:host_id": "hv1"})["id"])
        place.plug(port)
        place.admin.put(f"ports/{port}", {"port": {"device_id": server, "device_owner": "compute:nova"}})
        nova.hears(port, PLUGGED)
        place.admin.put(f"ports/{port}", {"port": {"device_id": "", "device_owner": ""}})
        place.admin.delete(f"ports/{port}")
        _, last = place.server()
        place.plug(last)
        nova.hears(last, PLUGGED)
        assert nova.of(port) == [PLUGGED]


def test_a_floating_ip_is_heard_by_both_servers_that_it_leads_to(place: Place) -> None:
    nova, admin = NovaListener(), place.admin
    segment = {"provider:network_type": "flat", "provider:physical_network": PHYSICAL_NETWORK}
    public = admin.post("networks", name="nova-public", **{"router:external": True}, **segment)["id"]
    admin.post("subnets", network_id=public, ip_version=4, cidr="203.0.113.0/24", enable_dhcp=False)
    router = admin.post("routers", external_gateway_info={"network_id": public})["id"]
    [subnet] = admin.get(f"networks/{place.network}")["network"]["subnets"]
    admin.put(f"routers/{router}/add_router_interface", {"subnet_id": subnet})
    with listening(nova, place.port):
        (_, one), (_, two) = place.server(), place.server()
        floating = admin.post("floatingips", floating_network_id=public, port_id=one)["id"]
        nova.hears(one, CHANGED)
        admin.put(f"floatingips/{floating}", {"floatingip": {"port_id": two}})
        nova.hears(two, CHANGED)
        nova.hears(one, CHANGED, CHANGED)
        admin.delete(f"floatingips/{floating}")
        nova.hears(two, CHANGED, CHANGED)
    admin.put(f"routers/{router}/remove_router_interface", {"subnet_id": subnet})
    admin.delete(f"routers/{router}")
    admin.delete(f"networks/{public}")


def test_nothing_is_lost_while_nova_and_the_server_are_away(place: Place) -> None:
    """Claims, changes and deletions meet a silent Nova, then a server that is killed, and one that is not there."""
    nova, site = NovaListener(), place.site
    gone, kept = [place.server()[1] for _ in range(3)], [place.server()[1] for _ in range(3)]
    place.plug(gone[0])
    place.plug(kept[0])
    place.admin.delete(f"ports/{gone[0]}")
    site.server.stop(signal.SIGKILL)
    place.plug(kept[1])
    site.cpal("delete", "port", gone[1], "--yes")
    site.server.start()
    place.admin.delete(f"ports/{gone[2]}")
    place.plug(kept[2])
    with listening(nova, place.port):
        for port in kept:
            nova.hears(port, PLUGGED)
        for port in gone:
            nova.hears(port, DELETED)
            assert nova.of(port)[:-1] in ([], [PLUGGED])
        assert nova.refused == []


def test_a_claim_that_ended_while_the_server_was_away_is_heard(place: Place) -> None:
    nova = NovaListener()
    with listening(nova, place.port):
        _, port = place.server()
        place.plug(port)
        nova.hears(port, PLUGGED)
        place.site.server.stop(signal.SIGKILL)
        place.unplug(port)
        place.site.server.start()
        nova.hears(port, PLUGGED, UNPLUGGED)


def test_a_port_that_comes_and_goes_owes_no_more_than_its_last_state(place: Place) -> None:
    nova = NovaListener()
    _, port = place.server()
    for name in [f"name-{number}" for number in range(FLAPS)]:
        place.plug(port)
        place.admin.put(f"ports/{port}", {"port": {"name": name}})
        place.unplug(port)
    place.plug(port)
    with listening(nova, place.port):
        nova.until(lambda: nova.of(port)[-1:] == [PLUGGED] or nova.of(port)[-2:] == [PLUGGED, CHANGED])
        _, last = place.server()
        place.plug(last)
        nova.hears(last, PLUGGED)
        assert len(nova.of(port)) < FLAPS, "far less than what happened"


def test_a_server_on_no_host_yet_and_one_that_is_none_hold_nobody_up(place: Place) -> None:
    nova = NovaListener()
    with listening(nova, place.port):
        (early, its), (unknown, lost), (_, port) = place.server(), place.server(), place.server()
        nova.on_no_host.add(early)
        nova.unknown.add(unknown)
        for each in (its, lost, port):
            place.plug(each)
        nova.hears(port, PLUGGED)
        assert nova.of(its) == []
        place.admin.put(f"ports/{its}", {"port": {"name": "waiting"}})
        _, next_one = place.server()
        place.plug(next_one)
        nova.hears(next_one, PLUGGED)
        nova.on_no_host.clear()
        nova.unknown.clear()
        nova.hears(its, PLUGGED, CHANGED)
        assert nova.of(lost) == []


def test_a_silent_southbound_database_holds_up_claims_alone(place: Place) -> None:
    nova = NovaListener()
    with listening(nova, place.port):
        (_, gone), (_, kept) = place.server(), place.server()
        place.plug(kept)
        nova.hears(kept, PLUGGED)
        place.site.place.southbound.kill()
        try:
            place.admin.delete(f"ports/{gone}")
            nova.hears(gone, DELETED)
            assert nova.of(kept) == [PLUGGED]
        finally:
            place.site.place.southbound.start()
        _, port = place.server()
        place.plug(port)
        nova.hears(port, PLUGGED)


def test_a_nova_that_fails_is_told_again(place: Place) -> None:
    nova = NovaListener()
    nova.broken = 500
    with listening(nova, place.port):
        _, port = place.server()
        place.plug(port)
        nova.until(lambda: nova.asked > 1)
        nova.broken = 0
        nova.hears(port, PLUGGED)
        assert nova.of(port) == [PLUGGED]
