"""Words for the numbers in tunnel headers: whose network, from which port to which, between which hypervisors.

A record of the estate is called `project/name`. What others made, Neutron say, is called as the backend says they call
it; what nobody named, by its name at the backend. OVN's numbers: of Geneve the VNI is the datapath and an option has
the ports; of VXLAN the VNI has the datapath in its lower 12 bits and the egress port above; of STT the context has all
three. Source: ovn-architecture(7), Tunnel Encapsulations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import partial, reduce
from operator import or_
from typing import Any, NamedTuple

import numpy as np

from cpal.core.driver import HostStatus, TunnelKeys, TunnelNames
from cpal.errors import NotFound
from cpal.faces.captures import Object, told_tunnel
from cpal.model.estate import Estate
from cpal.model.network import Network, Port
from cpal.model.record import Record
from cpal.model.router import Router
from cpal.model.target import Project, Target
from cpal.wire import filters, stt
from cpal.wire.columns import OVN, Batch, Rows
from cpal.wire.dissect import TUNNELS
from cpal.wire.filters import Filter, Names, Truths

VXLAN_DATAPATH = 0xFFF
"""The bits of a VNI of VXLAN that are the datapath's."""


def target_called(name: str, estate: Estate) -> Target:
    """The target of a name.

    Raises:
        NotFound: there is none.
    """
    known = {target.name: target for target in estate.all(Target)}
    if name not in known:
        there = f"there are: {', '.join(sorted(known))}" if known else "a document declares it, or: cpal lab up"
        raise NotFound("there is no such target", key=f"target {name}", remedy=there)
    return known[name]


def called(word: str, names: Iterable[str], kind: str) -> set[str]:
    """The names that a word means: as it is, or behind a project.

    Raises:
        NotFound: nothing is called so.
    """
    known = set(names)
    found = {name for name in known if name == word or name.endswith(f"/{word}")}
    if not found:
        near = get_close_matches(word, known, 1)
        raise NotFound("nothing is called so", key=f"{kind} {word}", remedy=f"did you mean {near[0]}?" if near else "")
    return found


class Numbers(NamedTuple):
    """What a tunnel's header says: keys of the datapath and of ports; None for what it does not say."""

    datapath: int | None
    ingress: int | None = None
    egress: int | None = None


class TunnelWords:
    """The words of one target."""

    def __init__(
        self, estate: Estate, target: Target, keys: TunnelKeys, names: TunnelNames, hosts: Sequence[HostStatus]
    ) -> None:
        self._estate = estate
        self._keys = keys
        self._names = names
        self._hosts = {address: host.name for host in hosts for address in host.encaps.values()}
        self._in_vxlan = (target.driver, target.encap) == ("ovn", "vxlan")

    def tell(self, packet: Object) -> Object:
        """A packet as `captures.objects` has it, with the words for what is known."""
        tunnels = [{**tunnel, **self._tunnel(tunnel)} for tunnel in packet["tunnels"]]
        outer = packet["outer"]
        return {**packet, "outer": outer and {**outer, **self._ends(outer)}, "tunnels": tunnels}

    def of_rows(self, batch: Batch, numbers: Any) -> list[Sequence[Object]]:
        """Of each of some packets of a batch, the words for its tunnels from the outside in."""
        rows = batch.rows[numbers]
        words, which = self._of_shapes(rows)
        found: list[Sequence[Object]] = [(words[place],) if kind else () for place, kind in
                                         zip(which.tolist(), rows["tunnel"].tolist(), strict=True)]  # fmt: skip
        for place, number in enumerate(numbers.tolist()):
            if number in batch.odd:
                found[place] = self._of_odd(batch, number)
        return found

    def _of_odd(self, batch: Batch, number: int) -> list[Object]:
        return [self._tunnel(told_tunnel(tunnel)) for tunnel in batch.odd[number].tunnels]

    def _of_shapes(self, rows: Rows) -> tuple[list[Object], Any]:
        """The words of each tunnel header among rows that are not odd, and which of them each row has."""
        wide = [rows[name].astype(np.uint64) for name in ("tunnel", "flags", "ovn_ingress", "ovn_egress", "vni")]
        kind, flags, ingress, egress, vni = wide
        has_keys = flags // np.uint64(OVN) & np.uint64(1)
        shapes = kind << np.uint64(56) | has_keys << np.uint64(55) | ingress << np.uint64(40)
        shapes |= egress << np.uint64(24) | vni & np.uint64(0xFFFFFF)
        different, which = np.unique(shapes, return_inverse=True)
        return [self._of_shape(shape) for shape in different.tolist()], which

    def _of_shape(self, shape: int) -> Object:
        if not shape >> 56:
            return {}
        keys = {"ingress": shape >> 40 & 0x7FFF, "egress": shape >> 24 & 0xFFFF} if shape >> 55 & 1 else {}
        return self._tunnel({"type": TUNNELS[(shape >> 56) - 1], "vni": shape & 0xFFFFFF, "ovn": keys})

    def fields(self) -> Names:
        """What makes filters of names, for `filters.parse`."""
        return {
            "network": partial(self._filter, ("network",), self.networks),
            "port": partial(self._filter, ("from", "to"), self.ports),
            "from": partial(self._filter, ("from",), self.ports),
            "to": partial(self._filter, ("to",), self.ports),
            "project": self._of_project,
            "host": self._of_host,
        }

    def _filter(self, keys: tuple[str, ...], names: Callable[[], set[str]], word: str | None) -> Filter:
        wanted = None if word is None else called(word, names(), "port" if "to" in keys or "from" in keys else keys[0])
        return partial(self._any, keys, lambda name: wanted is None or name in wanted)

    def _of_project(self, word: str | None) -> Filter:
        """Where the network or an end is a project's."""
        projects = {name.partition("/")[0] for name in self.networks() | self.ports() if "/" in name}
        wanted = projects if word is None else called(word, projects, "project")
        return partial(self._any, ("network", "from", "to"), lambda name: name.partition("/")[0] in wanted)

    def _of_host(self, word: str | None) -> Filter:
        """Where a tunnel begins or ends at a hypervisor."""
        wanted = set(self._hosts.values()) if word is None else called(word, self._hosts.values(), "host")
        addresses = [address for address, name in self._hosts.items() if name in wanted]
        found = [filters.parse(f"outer.src == {address} or outer.dst == {address}") for address in addresses]
        return lambda batch: reduce(or_, (each(batch) for each in found), np.zeros(len(batch.rows), bool))

    def _any(self, keys: tuple[str, ...], holds: Callable[[str], bool], batch: Batch) -> Truths:
        """Of which packets any tunnel's words hold."""

        def of(words: Object) -> bool:
            return any(key in words and holds(words[key]) for key in keys)

        words, which = self._of_shapes(batch.rows)
        found: Truths = np.array([of(each) for each in words], bool)[which]
        for number in batch.odd:
            found[number] = any(map(of, self._of_odd(batch, number)))
        return found

    def _ends(self, ends: Object) -> Object:
        found = ((f"{side}_host", self.host(ends[side])) for side in ("src", "dst"))
        return {key: name for key, name in found if name}

    def _tunnel(self, tunnel: Object) -> Object:
        numbers = self._numbers(tunnel)
        if numbers.datapath is None:
            return {}
        found = {
            "network": self.network(numbers.datapath),
            "from": self.port(numbers.datapath, numbers.ingress),
            "to": self.port(numbers.datapath, numbers.egress),
        }
        return {key: name for key, name in found.items() if name}

    def _numbers(self, tunnel: Object) -> Numbers:
        vni = tunnel["vni"]
        if tunnel["type"] == "stt" and "context" in tunnel:
            return Numbers(*stt.ovn_context(tunnel["context"]))
        if vni is not None and tunnel["type"] == "vxlan" and self._in_vxlan:
            return Numbers(vni & VXLAN_DATAPATH, egress=vni >> 12)
        ovn = tunnel.get("ovn", {})
        return Numbers(vni, ovn.get("ingress"), ovn.get("egress"))

    def network_of(self, kind: str, vni: int | None) -> str:
        """The network of a tunnel by its kind and VNI; empty for one that is not known."""
        numbers = self._numbers({"type": kind, "vni": vni})
        return "" if numbers.datapath is None else self.network(numbers.datapath)

    def host(self, address: str) -> str:
        """The hypervisor with a tunnel's address; empty for an address that none has."""
        return self._hosts.get(address, "")

    def network(self, datapath: int) -> str:
        """A network or router; empty for a number that is not known."""
        id = self._keys.networks.get(datapath, "")
        record = self._estate.get(Network, id) or self._estate.get(Router, id)
        if record is not None:
            return self._called(record)
        known = self._names.networks.get(datapath)
        return known.name if known else ""

    def port(self, datapath: int, key: int | None) -> str:
        """A port, or a group of ports; empty for a number that is not known."""
        if key is None:
            return ""
        record = self._estate.get(Port, self._keys.ports.get((datapath, key), ""))
        if record is not None:
            return self._called(record)
        known = self._names.ports.get((datapath, key))
        if known is None:
            return ""
        return f"{self._project(known.project_id)}{known.name}"

    def networks(self) -> set[str]:
        """Every network and router."""
        return {name for datapath in self._keys.networks if (name := self.network(datapath))}

    def ports(self) -> set[str]:
        """Every port."""
        return {name for datapath, key in self._keys.ports if (name := self.port(datapath, key))}

    def addresses(self) -> dict[str, str]:
        """The hypervisors' names by the addresses of their tunnels."""
        return dict(self._hosts)

    def _called(self, record: Record) -> str:
        return f"{self._project(record.project_id)}{record.name or record.id}"

    def _project(self, id: str) -> str:
        """What goes before a name: the project's name, or its id where only that is known."""
        project = self._estate.get(Project, id)
        name = project.name if project else id
        return f"{name}/" if name else ""
