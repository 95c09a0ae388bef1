"""What a hypervisor says of itself: its switch's interfaces, its links, what its network cards can, its counters.

Sources: ovs-vswitchd.conf.db(5), tables Interface and Open_vSwitch; ovn-controller(8), external_ids; ip(8) -json;
ethtool(8) --json --show-features; proc_net_snmp(5).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cpal.engine.ssh import Ran
from cpal.errors import Unreachable

Run = Callable[[str, Sequence[str]], Ran]
"""Runs a command on a hypervisor, by its name. Raises Unreachable where there is no getting there."""

TUNNELS = frozenset({"geneve", "vxlan", "stt", "gre"})
"""Types of interfaces that are tunnels."""
_INTERFACE = ("name", "type", "options", "error", "bfd", "bfd_status", "status")
_SWITCH = ("external_ids", "other_config")


class Interface(NamedTuple):
    """An interface of the switch."""

    name: str
    type: str
    options: Mapping[str, str]
    error: str
    bfd: Mapping[str, str]
    bfd_status: Mapping[str, str]
    status: Mapping[str, str]

    @property
    def is_tunnel(self) -> bool:
        """Whether it leads to another machine."""
        return self.type in TUNNELS

    @property
    def remote(self) -> str:
        """The address of the far end; empty where each packet's flow says it."""
        remote = self.options.get("remote_ip", "")
        return "" if remote == "flow" else remote


class Link(NamedTuple):
    """A link of the kernel's: its MTU in bytes, its addresses, and the card's name on the bus, "" for a device of
    software."""

    name: str
    mtu: int
    addresses: tuple[str, ...]
    bus: str


class Feature(NamedTuple):
    """Whether a feature of a network card is on, and whether that cannot be changed."""

    active: bool
    fixed: bool


class HostFacts(NamedTuple):
    """A hypervisor."""

    name: str
    interfaces: tuple[Interface, ...]
    links: Mapping[str, Link]
    external_ids: Mapping[str, str]
    other_config: Mapping[str, str]
    bridge_ports: Mapping[str, tuple[str, ...]]
    """The ports of each bridge of the switch."""
    features: Mapping[str, Mapping[str, Feature]]
    """What the cards that tunnels leave by can, by link."""
    counters: Mapping[str, int]
    """Counters of the kernel's protocols, such as `UdpInCsumErrors`."""
    offloaded: int | None
    """How many flows a card carries out; None where the switch does not offload any."""

    @property
    def tunnels(self) -> list[Interface]:
        """The tunnels of its switch."""
        return [interface for interface in self.interfaces if interface.is_tunnel]

    @property
    def addresses(self) -> frozenset[str]:
        """All that it can be reached by."""
        return frozenset(address for link in self.links.values() for address in link.addresses)

    def egress(self) -> dict[str, Link]:
        """The links that tunnels leave by: where that is a bridge of the switch, the cards in it."""
        own = {interface.name for interface in self.interfaces if interface.type == "internal"}
        names = {interface.status.get("tunnel_egress_iface", "") for interface in self.tunnels}
        found: dict[str, Link] = {}
        for name in sorted(names):
            cards = [port for port in self.bridge_ports.get(name, ()) if port in self.links and port not in own]
            found |= {each: self.links[each] for each in cards or [name] if each in self.links}
        return found


def ask(host: str, run: Run) -> HostFacts:
    """Ask a hypervisor.

    Raises:
        Unreachable: there is no getting there, or it has no Open vSwitch that answers.
    """
    interfaces = [_interface(row) for row in _rows(host, run, "Interface", _INTERFACE)]
    [switch, *_] = _rows(host, run, "Open_vSwitch", _SWITCH) or [{}]
    links = {link.name: link for link in map(_link, json.loads(_output(host, run, ["ip", "-json", "address"]) or "[]"))}
    bridges = _bridge_ports(host, run)
    facts = HostFacts(
        host, tuple(interfaces), links, switch.get("external_ids", {}), switch.get("other_config", {}), bridges,
        {}, _counters(host, run), None,
    )  # fmt: skip
    features = {name: found for name in facts.egress() if (found := _features(host, run, name))}
    return facts._replace(features=features, offloaded=_offloaded(host, run, facts))


def _output(host: str, run: Run, words: Sequence[str]) -> str:
    ran = run(host, words)
    if ran.exit_code:
        said = ran.stderr.strip().splitlines()
        raise Unreachable(
            f"`{' '.join(words[:1])}` failed: {said[-1] if said else f'exit code {ran.exit_code}'}",
            key=host,
            remedy="see that Open vSwitch and iproute2 are there, and that who asks may use them",
        )
    return ran.stdout


def _rows(host: str, run: Run, table: str, columns: Iterable[str]) -> list[dict[str, Any]]:
    words = ["ovs-vsctl", "--no-syslog", "--timeout=10", "--format=json", f"--columns={','.join(columns)}"]
    found = json.loads(_output(host, run, [*words, "list", table]))
    return [dict(zip(found["headings"], map(_value, row), strict=True)) for row in found["data"]]


def _value(value: Any) -> Any:
    """A value as OVSDB writes it; an empty set is no word. Source: RFC 7047 section 5.1."""
    if isinstance(value, list) and value[0] == "map":
        return {key: str(_value(each)) for key, each in value[1]}
    if isinstance(value, list) and value[0] == "set":
        return value[1][0] if value[1] else ""
    return value[1] if isinstance(value, list) else value


def _interface(row: Mapping[str, Any]) -> Interface:
    maps = {name: row[name] or {} for name in ("options", "bfd", "bfd_status", "status")}
    return Interface(name=row["name"], type=row["type"], error=str(row["error"]), **maps)


def _link(found: Mapping[str, Any]) -> Link:
    addresses = tuple(each["local"] for each in found.get("addr_info", ()) if "local" in each)
    return Link(found.get("ifname", ""), int(found.get("mtu", 0)), addresses, found.get("parentdev", ""))


def _bridge_ports(host: str, run: Run) -> dict[str, tuple[str, ...]]:
    switch = ["ovs-vsctl", "--no-syslog", "--timeout=10"]
    bridges = _output(host, run, [*switch, "list-br"]).split()
    return {bridge: tuple(_output(host, run, [*switch, "list-ports", bridge]).split()) for bridge in bridges}


def _features(host: str, run: Run, link: str) -> dict[str, Feature]:
    """What a card can; nothing where ethtool is not there or does not know."""
    ran = run(host, ["ethtool", "--json", "--show-features", link])
    if ran.exit_code:
        return {}
    try:
        [found, *_] = json.loads(ran.stdout)
    except ValueError:
        return {}
    return {
        name: Feature(bool(each["active"]), bool(each["fixed"]))
        for name, each in found.items()
        if isinstance(each, dict)
    }


def _counters(host: str, run: Run) -> dict[str, int]:
    """Source: proc_net_snmp(5): pairs of lines, names and values, each begun by the protocol's name."""
    lines = _output(host, run, ["cat", "/proc/net/snmp"]).splitlines()
    found = {}
    for names, values in zip(lines[::2], lines[1::2], strict=False):
        protocol, _, words = names.partition(":")
        for name, value in zip(words.split(), values.partition(":")[2].split(), strict=False):
            found[protocol + name] = int(value)
    return found


def _offloaded(host: str, run: Run, facts: HostFacts) -> int | None:
    """Source: ovs-vswitchd.conf.db(5), other_config:hw-offload; ovs-vswitchd(8), dpctl/dump-flows type=offloaded."""
    if facts.other_config.get("hw-offload") != "true":
        return None
    ran = run(host, ["ovs-appctl", "dpctl/dump-flows", "type=offloaded"])
    return 0 if ran.exit_code else len(ran.stdout.splitlines())
