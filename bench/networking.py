"""`cpal serve` beside the real Neutron: the same requests by the same client to both, one after the other.

Both on disk with fsync, with tokens of a member and their full policy, each with OVN databases and a northd of its own.
The peer is Neutron on uwsgi (two processes) with Keystone, MariaDB and ML2/OVN (bench/peers/neutron); where it cannot
be installed, cpal's figures stand alone. It gets fewer requests and ports, since it needs minutes for more: where it
has fewer ports than cpal, its figure says so, and the ratio is a lower bound. CPU is that of all processes of a side
but northd, which is told apart: it works on after the answers. The client takes its part of the machine from both. On
both, northd and the Southbound database give way to what answers, as docs/howto/openstack-serve.md has it where all is
on one machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

from bench.http_load import Ask, Client, Took, load
from bench.peers.neutron import service
from bench.processes import cpu_s, memory_mb
from tests.integration.ovn.central import Central, central
from tests.support.cloud import Cloud, cloud, free_ports

CROWD = 16
"""How many clients ask at once."""
BULK = 100
NETWORKS = 50
APART = "northd"
"""The part whose CPU is told apart."""
OVN = ("northbound", "southbound", APART)
"""The parts whose memory is told apart: it is there on both sides, whoever writes to OVN."""
UNBOUNDED = dict.fromkeys(("network", "subnet", "port", "router"), -1)


class Sizes(NamedTuple):
    """How many requests of a kind, and how many ports there are when lists and writes among them are measured.

    `most` is how many there are last, spread over `NETWORKS`; 0 is not measured.
    """

    alone: int
    crowd: int
    interfaces: int
    shows: int
    bulks: int
    few: int
    many: int
    writes: int
    lists: int
    most: int


CPAL = Sizes(500, 4000, 100, 2000, bulks=10, few=1_000, many=10_000, writes=3000, lists=7, most=100_000)
NEUTRON = Sizes(20, 64, 6, 60, bulks=1, few=1_000, many=1_000, writes=96, lists=3, most=0)


class Row(NamedTuple):
    """A line of the table: the figure, what it is, its unit, whether more is better, and the goal."""

    figure: str
    label: str
    unit: str
    goal: float
    more: bool = False


ROWS = (
    Row("post_cpu_ms", "POST port, CPU a request", "ms", 1),
    Row("post_northd_ms", "  northd beside it", "ms", 0),
    Row("post_p50_ms", "POST port, 1 client, p50", "ms", 0),
    Row("post_p99_ms", "POST port, 1 client, p99", "ms", 0),
    Row("post_rate", "POST port, 1 client", "/s", 0, more=True),
    Row("crowd_cpu_ms", f"POST port, {CROWD} clients, CPU a request", "ms", 1),
    Row("crowd_p50_ms", f"POST port, {CROWD} clients, p50", "ms", 0),
    Row("crowd_p99_ms", f"POST port, {CROWD} clients, p99", "ms", 0),
    Row("crowd_rate", f"POST port, {CROWD} clients", "/s", 2000, more=True),
    Row("interface_cpu_ms", "add_router_interface, CPU", "ms", 2),
    Row("interface_p50_ms", "add_router_interface, p50", "ms", 0),
    Row("bulk_p50_ms", f"POST of {BULK} ports at once", "ms", 30),
    Row("show_cpu_ms", "GET one port, CPU", "ms", 0.3),
    Row("show_p50_ms", "GET one port, p50", "ms", 0),
    Row("list_few_ms", "GET /ports, 1,000 ports", "ms", 0),
    Row("list_many_ms", "GET /ports, 10,000 ports", "ms", 30),
    Row("list_first_ms", "  the first time", "ms", 0),
    Row("write_p50_ms", f"any write among 10,000 ports, {CROWD} clients, p50", "ms", 0),
    Row("write_p99_ms", f"any write among 10,000 ports, {CROWD} clients, p99", "ms", 20),
    Row("behind_s", "  until northd has translated all of it", "s", 0),
    Row("memory_mb", "memory of service and database, 10,000 ports", "MB", 200),
    Row("ovn_memory_mb", "  of OVN's databases and northd beside them", "MB", 0),
    Row("start_s", "start on 10,000 ports", "s", 2),
    Row("most_p50_ms", f"any write among 100,000 ports, {CROWD} clients, p50", "ms", 0),
    Row("most_p999_ms", f"any write among 100,000 ports, {CROWD} clients, p99.9", "ms", 100),
    Row("most_longest_ms", "  the longest", "ms", 0),
)
AMONG_MANY = (
    "list_many_ms",
    "list_first_ms",
    "write_p50_ms",
    "write_p99_ms",
    "behind_s",
    "memory_mb",
    "ovn_memory_mb",
    "start_s",
)
"""The figures that stand for `Sizes.many` ports."""


@dataclass
class Side:
    """One service under load: how it is reached, which processes it has, how to start it again."""

    cloud: Cloud
    sizes: Sizes
    pids: Callable[[], Mapping[str, int]]
    restart: Callable[[], None]
    figures: dict[str, float] = field(default_factory=dict)

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, by part."""
        return {part: cpu_s([pid]) for part, pid in self.pids().items()}


def parts_of(place: Central) -> dict[str, int]:
    """The processes of OVN's central part."""
    return dict(zip(OVN, (place.site.server.pid, place.southbound.pid, place.northd_pid), strict=True))


def give_way(place: Central) -> None:
    """Let what works on after the answers run where those that answer leave CPU."""
    for pid in (place.southbound.pid, place.northd_pid):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_IDLE, os.sched_param(0))


STEPS = ("posts", "interfaces", "shows", "bulks", "few", "many", "writes", "start", "most")
"""The methods of `Run` that measure, in order."""


class Run:
    """The measurements of one side, in turn; each leaves what the next needs."""

    def __init__(self, side: Side) -> None:
        self.side = side
        admin = side.cloud.administrator
        self.member = side.cloud.member("bench")
        admin.put(f"quotas/{self.member.project_id}", {"quota": UNBOUNDED})
        self.clients: list[Client] = []
        self.connect()
        self.network = str(self.member.post("networks", name="bench")["id"])
        self.member.post("subnets", network_id=self.network, ip_version=4, cidr="10.128.0.0/16")
        self.made = 0

    async def all(self, steps: Sequence[str]) -> None:
        """The figures of these steps."""
        for step in steps:
            print(f"  {step}", file=sys.stderr, flush=True)
            await getattr(self, step)()

    def connect(self) -> None:
        """Have each client connect anew."""
        for client in self.clients:
            client.close()
        self.clients = [Client(self.side.cloud.server.url, self.member.token) for _ in range(CROWD)]

    async def load(self, clients: int, asks: Sequence[Ask]) -> tuple[Took, list[memoryview]]:
        """What it takes so many clients."""
        return await load(self.clients[:clients], asks, self.side.cpu)

    def note(self, name: str, took: Took) -> None:
        """Keep the figures of requests of one kind."""
        shared = [part for part in took.cpu_s if part != APART]
        self.side.figures |= {
            f"{name}_cpu_ms": took.cpu_ms(*shared),
            f"{name}_northd_ms": took.cpu_ms(APART),
            f"{name}_p50_ms": took.quantile_ms(0.5),
            f"{name}_p99_ms": took.quantile_ms(0.99),
            f"{name}_rate": took.rate,
            **{f"{name}_{part}_cpu_ms": took.cpu_ms(part) for part in shared},
        }

    def port(self, network: str = "") -> dict[str, Any]:
        """The body of a new port, in the network that most are in unless another is given."""
        self.made += 1
        return {"network_id": network or self.network, "name": f"port-{self.made}"}

    async def posts(self) -> None:
        """One port a request, by one client and by a crowd."""
        for name, clients, count in (("post", 1, self.side.sizes.alone), ("crowd", CROWD, self.side.sizes.crowd)):
            await self.load(clients, [self.post() for _ in range(2 * clients)])
            took, _ = await self.load(clients, [self.post() for _ in range(count)])
            self.note(name, took)

    def post(self, network: str = "") -> Ask:
        """The request for a new port."""
        return Ask("POST", "/v2.0/ports", {"port": self.port(network)})

    async def interfaces(self) -> None:
        """Routers get an interface each, on a network of its own."""
        asks = []
        for number in range(self.side.sizes.interfaces):
            network = await self.make("network", name=f"routed-{number}")
            cidr = f"10.{number // 256}.{number % 256}.0/24"
            subnet = await self.make("subnet", network_id=network, ip_version=4, cidr=cidr)
            router = await self.make("router", name=f"router-{number}")
            asks.append(Ask("PUT", f"/v2.0/routers/{router}/add_router_interface", {"subnet_id": subnet}))
        await self.settled_s()  # what the databases still work at is not the interfaces'
        took, _ = await self.load(1, asks)
        self.note("interface", took)

    async def make(self, kind: str, **values: Any) -> str:
        """The id of a new resource."""
        found = await self.clients[0].json(Ask("POST", f"/v2.0/{kind}s", {kind: values}))
        return str(found[kind]["id"])

    async def shows(self) -> None:
        """One port is read at a time."""
        ids = await self.ids()
        asks = [Ask("GET", f"/v2.0/ports/{ids[number % len(ids)]}") for number in range(self.side.sizes.shows)]
        took, _ = await self.load(1, asks)
        self.note("show", took)

    async def ids(self, network: str = "") -> list[str]:
        """The ids of the ports in a network, in that which most are in unless another is given."""
        found = await self.clients[0].json(Ask("GET", f"/v2.0/ports?network_id={network or self.network}&fields=id"))
        return [port["id"] for port in found["ports"]]

    async def bulks(self) -> None:
        """A hundred ports a request."""
        took, _ = await self.load(1, [self.bulk(BULK) for _ in range(self.side.sizes.bulks)])
        self.note("bulk", took)

    def bulk(self, count: int, network: str = "") -> Ask:
        """The request for many new ports."""
        return Ask("POST", "/v2.0/ports", {"ports": [self.port(network) for _ in range(count)]})

    async def few(self) -> None:
        """Lists of few ports; where there are more already, those beyond go first."""
        ids = await self.ids()
        extra = [Ask("DELETE", f"/v2.0/ports/{id}") for id in ids[self.side.sizes.few :]]
        await self.load(CROWD, extra)
        await self.fill(self.side.sizes.few)
        await self.lists("list_few_ms")

    async def many(self) -> None:
        """Lists of many ports."""
        await self.fill(self.side.sizes.many)
        self.side.figures["list_first_ms"] = await self.lists("list_many_ms")

    async def fill(self, count: int) -> None:
        """Make ports until there are so many."""
        missing = count - len(await self.ids())
        await self.load(2, [self.bulk(min(BULK, missing - at)) for at in range(0, missing, BULK)])
        await self.settled_s()

    async def settled_s(self) -> float:
        """Wait until northd has translated everything; how many seconds that took."""
        started = time.perf_counter()
        await asyncio.to_thread(self.side.cloud.place.wait)
        return time.perf_counter() - started

    async def lists(self, figure: str) -> float:
        """All ports of the network, several times; how long it took the first time, in milliseconds."""
        every = Ask("GET", "/v2.0/ports")
        first, _ = await self.load(1, [every])
        took, _ = await self.load(1, [every] * self.side.sizes.lists)
        self.side.figures[figure] = took.quantile_ms(0.5)
        self.side.figures[f"{figure.removesuffix('_ms')}_cpu_ms"] = took.cpu_ms(*took.cpu_s)
        return first.quantile_ms(1)

    async def writes(self) -> None:
        """Ports are made, changed and deleted among many."""
        took = await self.written(self.network)
        self.note("write", took)
        self.side.figures["behind_s"] = await self.settled_s()

    async def written(self, network: str) -> Took:
        """What it takes to make ports in a network, to change and to delete others of it."""
        ids = await self.ids(network)
        asks = [ask for number in range(self.side.sizes.writes // 3) for ask in (
            self.post(network),
            Ask("PUT", f"/v2.0/ports/{ids[number]}", {"port": {"name": f"renamed-{number}"}}),
            Ask("DELETE", f"/v2.0/ports/{ids[-1 - number]}"),
        )]  # fmt: skip
        took, _ = await self.load(CROWD, asks)
        return took

    async def start(self) -> None:
        """What memory it all has; then end the service and start it again, until it answers a member."""
        pids = self.side.pids()
        memory = {part: memory_mb([pid]) for part, pid in pids.items()}
        self.side.figures |= {f"{part}_memory_mb": value for part, value in memory.items()}
        self.side.figures["ovn_memory_mb"] = sum(memory[part] for part in OVN)
        self.side.figures["memory_mb"] = sum(memory.values()) - self.side.figures["ovn_memory_mb"]
        self.side.restart()
        started = time.perf_counter()
        self.side.cloud.server.start()
        self.member.again().list("networks")
        self.side.figures["start_s"] = time.perf_counter() - started
        self.connect()

    async def most(self) -> None:
        """Ports are made, changed and deleted among very many, from when those were made: northd is far behind then."""
        if not self.side.sizes.most:
            return
        networks = [await self.make("network", name=f"wide-{number}") for number in range(NETWORKS)]
        for number, network in enumerate(networks):
            cidr = f"172.{16 + number // 16}.{number % 16 * 16}.0/20"
            await self.make("subnet", network_id=network, ip_version=4, cidr=cidr)
        room = [network for network in networks for _ in range(self.side.sizes.most // NETWORKS // BULK)]
        await self.load(2, [self.bulk(BULK, network) for network in room])
        latencies_s: list[float] = []
        for network in networks[:5]:
            latencies_s += (await self.written(network)).latencies_s
        took = Took(sorted(latencies_s), 0, {})
        self.side.figures |= {
            "most_p50_ms": took.quantile_ms(0.5),
            "most_p999_ms": took.quantile_ms(0.999),
            "most_longest_ms": took.quantile_ms(1),
        }


@contextmanager
def cpal_side(directory: Path) -> Iterator[Side]:
    """`cpal serve` on a store of its own."""
    with cloud(directory, cold=True) as site:
        give_way(site.place)

        def pids() -> dict[str, int]:
            assert site.server.process is not None
            return {"service": site.server.process.pid, **parts_of(site.place)}

        yield Side(site, CPAL, pids, lambda: void(site.server.stop()))


@contextmanager
def neutron_side(directory: Path, venv: Path, sizes: Sizes) -> Iterator[Side]:
    """The peer."""
    with central(directory / "central") as place:
        give_way(place)
        neutron = service.Neutron(
            directory / "neutron", directory / "neutron.log", ports=free_ports(2), venv=venv, place=place
        )
        site = service.NeutronCloud(neutron, place)
        try:
            neutron.start()
            yield Side(site, sizes, lambda: {**neutron.pids(), **parts_of(place)}, neutron.stop_service)
        finally:
            site.close()


def void(_: object) -> None:
    """Nothing, of something."""


def work_directory() -> tempfile.TemporaryDirectory[str]:
    """A directory on a disk: that of the peers' cache, since /tmp may be memory."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cpal-peers"
    cache.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="networking-", dir=cache)


def measured(side: Side, steps: Sequence[str]) -> dict[str, float]:
    """The figures of a side, and how busy the machine was before."""
    side.figures["load_average"] = os.getloadavg()[0]
    uvloop.run(Run(side).all(steps))
    return side.figures


def peer(sizes: Sizes, steps: Sequence[str]) -> dict[str, float]:
    """The figures of the peer; none where it cannot be installed, after saying why."""
    try:
        venv = service.installed()
    except RuntimeError as error:
        print(f"the peer cannot be installed: {error}", file=sys.stderr)
        return {}
    print("Neutron", file=sys.stderr)
    with work_directory() as name, neutron_side(Path(name), venv, sizes) as side:
        return measured(side, steps)


def print_table(ours: Mapping[str, float], theirs: Mapping[str, float], sizes: Sizes) -> None:
    """The figures side by side."""
    print(f"{'':52}{'cpal':>12}{'goal':>10}{'Neutron':>12}{'ratio':>10}")
    for row in (row for row in ROWS if row.figure in ours):
        goal = f"{'>' if row.more else '<'} {row.goal:g}" if row.goal else ""
        line = f"{row.label:52}{_figure(ours[row.figure]):>9} {row.unit:<2}{goal:>10}"
        if theirs.get(row.figure):
            value = theirs[row.figure]
            ratio = ours[row.figure] / value if row.more else value / ours[row.figure]
            fewer = row.figure in AMONG_MANY and sizes.many < CPAL.many
            line += f"{_figure(value):>9} {row.unit:<2}{'> ' if fewer else ''}{ratio:>{8 if fewer else 10},.1f}"
            line += f"  at {sizes.many:,} ports" if fewer else ""
        print(line.rstrip())
    for name, figures in (("cpal", ours), ("Neutron", theirs)):
        if figures:
            print(f"load average of {os.cpu_count()} CPUs before {name}: {figures['load_average']:.1f}")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--alone", action="store_true", help="cpal's figures without the peer's")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS, help="which work is measured: all")
    parser.add_argument("--peer-ports", type=int, default=NEUTRON.many, help="how many ports the peer gets")
    options = parser.parse_args()
    sizes = NEUTRON._replace(few=min(NEUTRON.few, options.peer_ports), many=options.peer_ports)
    print("cpal", file=sys.stderr)
    with work_directory() as name, cpal_side(Path(name)) as side:
        ours = measured(side, options.steps)
    theirs = {} if options.alone else peer(sizes, options.steps)
    if options.json:
        print(json.dumps({"cpal": ours, "neutron": theirs, "peer_ports": sizes.many}))
    else:
        print_table(ours, theirs, sizes)


if __name__ == "__main__":
    main()
