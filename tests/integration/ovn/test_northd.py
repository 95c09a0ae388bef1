"""What ovn-northd makes of our rows, and what ovn-trace, which knows nothing of cpal, says becomes of packets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from cpal.errors import TimedOut
from cpal.model.estate import Estate
from cpal.model.network import Port
from tests.conformance.backend import OWNER, bring, running
from tests.integration.ovn.central import Central, central
from tests.support.estates import valid_estates
from tests.support.world import EGRESS, World, allow, id_of
from tests.unit.drivers.ovn_cases import CASES

HOSTS = ("hv1", "hv2")


@pytest.fixture(scope="module")
def ovn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    """The central part with two registered hypervisors that nobody runs."""
    with central(tmp_path_factory.mktemp("ovn")) as place:
        for number, host in enumerate(HOSTS, start=1):
            place.add_chassis(host, f"192.0.2.{number}")
        yield place


def realise(ovn: Central, estate: Estate) -> None:
    """Bring the Northbound database to the estate and wait for northd."""
    write(ovn, estate)
    ovn.wait()


def write(ovn: Central, estate: Estate) -> None:
    """Bring the Northbound database to the estate."""

    async def work() -> None:
        backend = await ovn.connect(OWNER)
        try:
            await bring(backend, estate)
        finally:
            await backend.close()

    running(work)


@pytest.mark.parametrize("name", CASES)
def test_northd_has_nothing_to_complain_of(ovn: Central, name: str) -> None:
    world = World(*HOSTS)
    CASES[name](world)
    realise(ovn, world.estate())
    assert ovn.complaints() == []


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(estate=valid_estates())
def test_northd_has_nothing_to_complain_of_in_random_estates(ovn: Central, estate: Estate) -> None:
    realise(ovn, estate)
    assert ovn.complaints() == []


def versions(ovn: Central) -> dict[str, str]:
    """The version of the row of each workload's port, by name: another after each write (RFC 7047, 3.2)."""
    select = {"op": "select", "table": "Logical_Switch_Port", "where": [], "columns": ["name", "type", "_version"]}
    [answer] = ovn.site.server.transact("OVN_Northbound", select)
    return {row["name"]: row["_version"] for row in answer["rows"] if not row["type"]}


def test_northd_has_nothing_to_write_of_a_new_port(ovn: Central) -> None:
    world = World(*HOSTS)
    CASES["router_with_gateway"](world)
    realise(ovn, World(*HOSTS).estate())
    ovn.stop_northd()
    try:
        write(ovn, world.estate())
        written = versions(ovn)
    finally:
        ovn.start_northd()
    ovn.wait()
    assert written
    assert versions(ovn) == written


def test_a_vni_shown_is_the_vni_on_the_wire(ovn: Central) -> None:
    world = World(*HOSTS)
    CASES["router_with_gateway"](world)
    realise(ovn, world.estate())

    async def work() -> None:
        backend = await ovn.connect(OWNER)
        try:
            keys = await backend.keys()
            assert keys.networks[1001] == id_of("network", "red", "web")
            port = id_of("port", "red", "vm-web")
            assert next(key for key, name in keys.ports.items() if name == port)[0] == 1001
        finally:
            await backend.close()

    running(work)


def test_packets_too_large_for_the_tunnel_are_answered(ovn: Central) -> None:
    world = World(*HOSTS)
    CASES["router_with_gateway"](world)
    realise(ovn, world.estate())
    flows = ovn.sbctl("lflow-list", f"cpal-{id_of('router', 'red', 'edge')}")
    inner = f"lrp-{id_of('port', 'red', 'edge on web 10.0.1.0/24')}"
    checks = [line for line in flows.splitlines() if "check_pkt_larger(1414)" in line]
    assert any(inner in line for line in checks), checks


class TestTrace:
    """Two instances and a stranger on one network, one on another behind a router."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def world(cls, ovn: Central) -> World:
        """The estate, realised."""
        world = World(*HOSTS)
        red = world.project("red")
        web, db = world.network(red, "web", "10.0.1.0/24", "fd00:1::/64"), world.network(red, "db", "10.0.2.0/24")
        front = world.group(red, "front", *EGRESS)
        world.rule(front, **allow("ingress", "tcp", 80, remote_group_id=front))
        world.rule(front, **allow("ingress", "icmp", 8))
        world.rule(front, **allow("ingress", "udp", 53, remote_ip_prefix="10.0.2.0/24"))
        back = world.group(red, "back", stateful=False)
        world.rule(back, **allow("ingress", "tcp", 5432, remote_group_id=front))
        for name, network, groups in (
            ("a", web, (front,)), ("b", web, (front,)), ("stranger", web, ()), ("c", db, (front, back)),
        ):  # fmt: skip
            world.instance(red, name, network, groups=groups)
        world.router(red, "edge", *world.subnets(web), *world.subnets(db))
        realise(ovn, world.estate())
        return world

    @pytest.mark.parametrize(
        ("source", "destination", "packet", "arrives"),
        [
            ("a-web", "b-web", "tcp.dst == 80", True),
            ("a-web", "b-web", "tcp.dst == 81", False),
            ("a-web", "b-web", "udp.dst == 53", False),
            ("a-web", "b-web", "icmp4.type == 8", True),
            ("a-web", "b-web", "icmp4.type == 0", False),
            ("stranger-web", "b-web", "tcp.dst == 80", False),
            ("a-web", "stranger-web", "tcp.dst == 80", False),
            ("a-web", "c-db", "tcp.dst == 80", True),
            ("a-web", "c-db", "tcp.dst == 5432", True),
            ("a-web", "c-db", "tcp.dst == 22", False),
            ("c-db", "a-web", "udp.dst == 53", True),
            ("c-db", "a-web", "udp.dst == 54", False),
        ],
    )
    def test_rules_decide_as_ovn_trace_sees_it(
        self, ovn: Central, world: World, source: str, destination: str, packet: str, arrives: bool
    ) -> None:
        target = self.port(world, destination)
        sent = self.between(world, source, destination, packet)
        assert (f'output("{target.id[:6]}")' in self.trace(ovn, self.port(world, source), sent)) is arrives

    @pytest.mark.parametrize("forged", ["eth.src == 02:00:00:00:66:66", "ip4.src == 10.0.1.250"])
    def test_a_forged_source_goes_nowhere(self, ovn: Central, world: World, forged: str) -> None:
        field, _, _ = forged.partition(" ==")
        honest = self.between(world, "a-web", "b-web", "tcp.dst == 80")
        kept = [term for term in honest.split(" && ") if not term.startswith(field)]
        assert "output" not in self.trace(ovn, self.port(world, "a-web"), " && ".join([*kept, forged]))

    def test_a_workload_gets_its_address_and_cannot_give_any(self, ovn: Central, world: World) -> None:
        stranger = self.port(world, "stranger-web")
        begin = f'inport == "{stranger.id}" && eth.src == {stranger.mac_address} && eth.dst == ff:ff:ff:ff:ff:ff'
        begin += " && ip4.dst == 255.255.255.255 && ip.ttl == 64"
        asks = f"{begin} && ip4.src == 0.0.0.0 && udp.src == 68 && udp.dst == 67"
        flows = self.trace(ovn, stranger, asks, "--detailed")
        assert "put_dhcp_opts" in flows
        a = self.port(world, "a-web")
        offers = begin.replace(stranger.id, a.id).replace(stranger.mac_address, a.mac_address)
        offers += f" && ip4.src == {a.addresses[0]}"
        assert "output" in self.trace(ovn, a, f"{offers} && udp.src == 1067 && udp.dst == 1068", "--detailed")
        assert "output" not in self.trace(ovn, a, f"{offers} && udp.src == 67 && udp.dst == 68")

    @staticmethod
    def port(world: World, name: str) -> Port:
        """The port of that name."""
        return next(port for port in world.every(Port) if port.name == name)

    def between(self, world: World, source: str, destination: str, packet: str) -> str:
        """A packet from one port to another, by the router where they are on two networks."""
        here, there = self.port(world, source), self.port(world, destination)
        mac = there.mac_address
        if here.network_id != there.network_id:
            gateway = {"a": "10.0.1.0/24", "c": "10.0.2.0/24"}[source[0]]
            name = f"edge on {source.partition('-')[2]} {gateway}"
            mac = self.port(world, name).mac_address
        terms = [
            f'inport == "{here.id}"',
            f"eth.src == {here.mac_address}",
            f"eth.dst == {mac}",
            f"ip4.src == {here.addresses[0]}",
            f"ip4.dst == {there.addresses[0]}",
            "ip.ttl == 64",
            packet,
        ]
        return " && ".join(terms)

    def trace(self, ovn: Central, port: Port, packet: str, form: str = "--minimal") -> str:
        """What becomes of the first packet of a flow."""
        return ovn.trace(f"cpal-{port.network_id}", packet, form)


def test_ports_are_what_the_southbound_database_says(ovn: Central) -> None:
    world = World(*HOSTS)
    CASES["router_with_gateway"](world)
    realise(ovn, world.estate())
    vm, gateway = id_of("port", "red", "vm-web"), id_of("port", "red", "edge-gateway")

    async def work() -> None:
        backend = await ovn.connect(OWNER)
        try:
            assert (await backend.ports())[vm].status == "DOWN"
            assert (await backend.ports())[gateway].status == "DOWN"
            with pytest.raises(TimedOut, match=vm):
                await backend.up([vm], 0.1)
            ovn.sbctl("lsp-bind", vm, "hv1", "--", "set", "Port_Binding", vm, "up=true")
            ovn.sbctl("lsp-bind", f"cr-lrp-{gateway}", "hv2")
            await backend.up([vm], 10)
            found = await backend.ports()
            assert (found[vm].status, found[vm].host) == ("ACTIVE", "hv1")
            assert (found[gateway].status, found[gateway].host) == ("ACTIVE", "hv2")
            await backend.reconcile()
            assert await backend.ports() == found
            assert set(found) == {port.id for port in world.every(Port)}
            assert [(host.name, host.encaps) for host in await backend.chassis()] == [
                ("hv1", {"geneve": "192.0.2.1"}),
                ("hv2", {"geneve": "192.0.2.2"}),
            ]
        finally:
            await backend.close()

    running(work)


def test_nobody_waits_while_the_southbound_database_is_loaded_anew(
    ovn: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(*HOSTS)
    CASES["router_with_gateway"](world)
    realise(ovn, world.estate())
    vm = id_of("port", "red", "vm-web")
    ovn.sbctl("--if-exists", "lsp-unbind", vm)
    monkeypatch.setattr("cpal.drivers.ovn.status.RELOAD_S", 0.0)
    monkeypatch.setattr("cpal.drivers.ovn.status.RELOAD_SHARE", 0)

    async def work() -> None:
        backend = await ovn.connect(OWNER)
        try:
            known = dict(await backend.ports())
            assert known[vm].status == "DOWN"
            ovn.southbound.pause()
            try:
                async with asyncio.timeout(10):
                    assert await backend.ports() == known
            finally:
                ovn.southbound.resume()
            ovn.sbctl("lsp-bind", vm, "hv1", "--", "set", "Port_Binding", vm, "up=true")
            await backend.up([vm], 10)
            assert (await backend.ports())[vm].status == "ACTIVE"
        finally:
            await backend.close()

    running(work)


def test_settled_names_who_lags(ovn: Central) -> None:
    world = World(*HOSTS)
    CASES["plain_network"](world)
    realise(ovn, world.estate())

    async def work() -> None:
        backend = await ovn.connect(OWNER)
        try:
            with pytest.raises(TimedOut, match="hv1") as late:
                await backend.settled(0.5)
            assert "hv2" not in str(late.value), "hv2 carries nothing and holds nobody up"
            ovn.sbctl("set", "Chassis_Private", "hv1", "nb_cfg=1000000")
            await backend.settled(10)
            ovn.stop_northd()
            with pytest.raises(TimedOut, match="northd"):
                await backend.settled(0.3)
            ovn.start_northd()
            await backend.settled(10)
        finally:
            await backend.close()

    running(work)


def test_what_a_gateway_was_claimed_for_is_realised_too(ovn: Central) -> None:
    """A claim comes after what was applied: its flows are there when the chassis have realised what is later still."""
    world = World(*HOSTS)
    CASES["router_with_gateway"](world)
    realise(ovn, world.estate())
    ovn.sbctl("lsp-bind", id_of("port", "red", "vm-web"), "hv1")
    redirect = f"cr-lrp-{id_of('port', 'red', 'edge-gateway')}"

    def report(host: str, sequence: int) -> None:
        ovn.sbctl("set", "Chassis_Private", host, f"nb_cfg={sequence}")

    async def work() -> None:
        backend = await ovn.connect(OWNER)
        try:
            first = int(ovn.nbctl("get", "NB_Global", ".", "nb_cfg")) + 1
            report("hv1", first)
            report("hv2", 1000000)
            settled = asyncio.create_task(backend.settled(1))
            await asyncio.to_thread(ovn.nbctl, "--timeout=10", "wait-until", "NB_Global", ".", f"nb_cfg={first}")
            ovn.sbctl("lsp-bind", redirect, "hv2", "--", "set", "Port_Binding", redirect, "up=true")
            with pytest.raises(TimedOut, match="hv1: these hypervisors have not realised the change"):
                await settled
            report("hv1", 1000000)
            await backend.settled(10)
        finally:
            await backend.close()

    running(work)
