"""Path MTU of every tunnel, by real packets that may not be fragmented, against what the networks need.

A packet of a network leaves its tunnel's end with the tunnel's headers around it (`model.target.TUNNEL_OVERHEAD`). One
that is too large for the underlay vanishes there without a word to who sent it: so the underlay must carry the largest.
Source: RFC 8926 section 4.4.1; RFC 1191; ping(8), -M do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from cpal.engine.doctor.facts import HostFacts, Run
from cpal.engine.doctor.finding import Finding
from cpal.model.network import OVERLAY_TYPES, Network
from cpal.model.target import TUNNEL_OVERHEAD

HEADERS = {4: 28, 6: 48}
"""Bytes of IP and ICMP headers around what ping sends. Source: RFC 791, RFC 792, RFC 8200, RFC 4443."""
LEAST = {4: 68, 6: 1280}
"""The smallest MTU that a link may have. Source: RFC 791 section 3.2; RFC 8200 section 5."""
TRIES = 2
"""A probe that is lost once says nothing yet."""


class Need(NamedTuple):
    """The largest packet, in bytes on the underlay, and the network that it is of."""

    size: int
    network: str


class Path(NamedTuple):
    """A tunnel from one hypervisor to another, and the address that it starts from."""

    source: HostFacts
    to: str
    local: str
    remote: str
    type: str

    @property
    def version(self) -> int:
        """Of the underlay's IP."""
        return 6 if ":" in self.remote else 4


def need(networks: Iterable[Network], type: str, version: int) -> Need:
    """What the networks need of a tunnel of this type."""
    overhead = TUNNEL_OVERHEAD.get(type, (0, 0))[version == 6]
    over = [(network.mtu + overhead, network.name or network.id) for network in networks if _is_overlay(network)]
    return Need(*max(over, default=(0, "")))


def _is_overlay(network: Network) -> bool:
    return network.network_type in OVERLAY_TYPES and network.mtu is not None


def findings(paths: Iterable[Path], networks: Iterable[Network], run: Run) -> Iterator[Finding]:
    """What every path carries."""
    listed = list(networks)
    for path in paths:
        yield _finding(path, need(listed, path.type, path.version), run)


def _finding(path: Path, need: Need, run: Run) -> Finding:
    host, between = path.source.name, f"{path.local} to {path.remote}"
    if not _passes(path, LEAST[path.version], run):
        return Finding(
            "mesh", "problem", host, f"nothing gets to {path.to}: {between}",
            f"{TRIES} pings of {LEAST[path.version]} bytes had no answer",
            "see the underlay: cables, routes, firewalls (one that drops ICMP alone looks the same)",
        )  # fmt: skip
    if not need.size:
        return Finding("mtu", "ok", host, f"packets get to {path.to}", f"{between}; no overlay network asks for more")
    if _passes(path, need.size, run):
        evidence = f"a ping of {need.size} bytes that may not be fragmented was answered, {between}"
        return Finding("mtu", "ok", host, f"the path to {path.to} carries the largest packets", evidence)
    size = largest(lambda size: _passes(path, size, run), LEAST[path.version], need.size)
    message = f"packets above {size} bytes do not get to {path.to}; network {need.network} sends up to {need.size}"
    return Finding("mtu", "problem", host, message, _evidence(path, need, size), _remedy(path, need, size))


def _evidence(path: Path, need: Need, size: int) -> str:
    names = {*path.source.egress(), *(tunnel.status.get("tunnel_egress_iface", "") for tunnel in path.source.tunnels)}
    links = [path.source.links[name] for name in sorted(names) if name in path.source.links]
    small = {link.name: link.mtu for link in links if link.mtu < need.size}
    where = ", ".join(f"{name} has an MTU of {mtu}" for name, mtu in small.items())
    tried = f"a ping of {size} bytes was answered, one of {size + 1} was not, {path.local} to {path.remote}"
    return f"{tried}; {where}" if where else f"{tried}; every link of {path.source.name} would let it out"


def _remedy(path: Path, need: Need, size: int) -> str:
    inner = size - TUNNEL_OVERHEAD.get(path.type, (0, 0))[path.version == 6]
    return f"raise the underlay's MTU to {need.size}, or lower the networks' to {inner} (mtu:)"


def largest(passes: Callable[[int], bool], least: int, most: int) -> int:
    """The largest size from `least`, which passes, to `most`, which does not, that passes."""
    while most - least > 1:
        middle = (least + most) // 2
        if passes(middle):
            least = middle
        else:
            most = middle
    return least


def _passes(path: Path, size: int, run: Run) -> bool:
    """Whether a packet of so many bytes in all gets there whole, and is answered."""
    payload = str(size - HEADERS[path.version])
    words = ["ping", f"-{path.version}", "-n", "-q", "-M", "do", "-c", "1", "-W", "1", "-s", payload, "-I", path.local]
    return any(run(path.source.name, [*words, path.remote]).exit_code == 0 for _ in range(TRIES))


def paths(facts: HostFacts, leads: Mapping[str, str]) -> list[Path]:
    """The tunnels of a hypervisor, one for each far end; `leads` says which hypervisor an address is of."""
    found: dict[str, Path] = {}
    for tunnel in facts.tunnels:
        local = tunnel.options.get("local_ip") or facts.external_ids.get("ovn-encap-ip", "").split(",")[0]
        if tunnel.remote in leads and local and not tunnel.error:
            found[tunnel.remote] = Path(facts, leads[tunnel.remote], local, tunnel.remote, tunnel.type)
    return list(found.values())
