"""Namespaces to probe in: a router with a firewall (nftables) and hosts on subnets of their own around it."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
from collections.abc import Iterator

from cpal.engine.probe import Place
from cpal.reach.flow import Flow, Service


def tcp(port: int, version: int = 4) -> Service:
    """TCP to a port."""
    return Service(version, 6, port)


def udp(port: int, version: int = 4) -> Service:
    """UDP to a port."""
    return Service(version, 17, port)


ECHO, ECHO6 = Service(4, 1, 8, 0), Service(6, 58, 128, 0)


def run(*words: str, text: str = "") -> str:
    """What the program prints; it must succeed."""
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout


class Ground:
    """Hosts `a`, `b` ... each with one cable to the router `fw`; host number n has 10.91.n.2 and fd91:n::2.

    Any two hosts reach each other until a rule says otherwise.
    """

    def __init__(self) -> None:
        self.tag = f"cpalprobe-{secrets.token_hex(3)}"
        self.hosts: list[str] = []
        self._made: list[str] = []
        self._namespace("fw")
        self.sysctl("fw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")

    def namespace(self, name: str) -> str:
        """The name that ip-netns(8) knows."""
        return f"{self.tag}-{name}"

    def place(self, name: str) -> Place:
        """Where the host is."""
        number = self.hosts.index(name) + 1
        return Place(f"/run/netns/{self.namespace(name)}", "eth0", (f"10.91.{number}.2", f"fd91:{number}::2"))

    def places(self) -> dict[str, Place]:
        """Where all hosts are."""
        return {name: self.place(name) for name in self.hosts}

    def address(self, name: str, version: int = 4) -> str:
        """The host's address."""
        return self.place(name).addresses[version == 6]

    def flow(self, source: str, destination: str, service: Service, address: str = "") -> Flow:
        """A flow to the destination, at its own address unless another is given."""
        return Flow(source, destination, address or self.address(destination, service.ip_version), service)

    def add(self, name: str, number: int = 0) -> None:
        """Add a host; with the `number` of another it has that one's addresses, and no route leads to it."""
        twin = bool(number)
        number = number or len(self.hosts) + 1
        self.hosts.append(name)
        self._namespace(name)
        self.ip("fw", f"link add name {name} type veth peer name eth0 netns {self.namespace(name)}")
        self.ip("fw", f"link set dev {name} up", *([] if twin else self._router_addresses(name, number)))
        self.ip(
            name,
            "link set lo up",
            "link set eth0 up",
            f"address add 10.91.{number}.2/24 dev eth0",
            f"address add fd91:{number}::2/64 dev eth0 nodad",
            f"route add default via 10.91.{number}.1",
            f"route add default via fd91:{number}::1",
        )

    def _router_addresses(self, name: str, number: int) -> list[str]:
        return [f"address add 10.91.{number}.1/24 dev {name}", f"address add fd91:{number}::1/64 dev {name} nodad"]

    def ip(self, name: str, *commands: str) -> None:
        """Commands of ip(8) in a namespace."""
        run("ip", "-netns", self.namespace(name), "-batch", "-", text="\n".join(commands) + "\n")

    def nft(self, name: str, rules: str) -> None:
        """Rules for nft(8) in a namespace."""
        run("ip", "netns", "exec", self.namespace(name), "nft", "-f", "-", text=rules)

    def sysctl(self, name: str, *settings: str) -> None:
        """Settings in a namespace."""
        run("ip", "netns", "exec", self.namespace(name), "sysctl", "-q", *settings)

    def forward(self, *rules: str) -> None:
        """Rules that the router applies, in order, to what it forwards."""
        self.nft("fw", chain("forward", *rules))

    def _namespace(self, name: str) -> None:
        """Without duplicate address detection, during which a router resolves no neighbours."""
        run("ip", "netns", "add", self.namespace(name))
        self._made.append(name)
        self.sysctl(name, "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.default.dad_transmits=0")

    def close(self) -> None:
        """Take all namespaces away."""
        for name in self._made:
            run("ip", "netns", "del", self.namespace(name))


def chain(hook: str, *rules: str) -> str:
    """A filter chain at a hook of netfilter."""
    lines = "\n".join(rules)
    return f"table inet f {{\n chain {hook} {{\n type filter hook {hook} priority 0\n {lines}\n }}\n}}\n"


@contextlib.contextmanager
def hosts(*names: str) -> Iterator[Ground]:
    """A router with these hosts."""
    ground = Ground()
    try:
        for name in names:
            ground.add(name)
        yield ground
    finally:
        ground.close()
