"""From ops to what a leaf is told, in order: a shell makes what is new, FRR is told, a shell takes away the rest. Pure.

Nothing is configured in FRR that Linux does not have, and nothing is taken from Linux that FRR still counts on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote

from cpal.core.rows import Action, Op, Row, RowKey, is_same, rows_after
from cpal.drivers.devices.frr.configuration import ZEBRA
from cpal.drivers.devices.frr.editing import edited
from cpal.drivers.devices.frr.filter_table import ALTERED, change_lines, table_of
from cpal.drivers.devices.frr.leaf_port import Place, leave_lines, move_lines, uplink_words
from cpal.drivers.devices.frr.make import MAKE
from cpal.drivers.devices.frr.observe import VXLAN_PORT, LeafState, tag
from cpal.drivers.devices.frr.render.names import (
    ADDRESS,
    BRIDGE,
    FILTERS,
    PORT,
    UPLINK,
    VRF,
    VXLAN,
    WHOLE,
    bridge_key,
    vrf_key,
)
from cpal.drivers.devices.frr.settings import INTERFACE_TABLES
from cpal.drivers.devices.frr.tables import KERNEL, TABLES
from cpal.drivers.devices.render_fabric import LAYER_2
from cpal.model.switch import Interface

_ROUTED = {
    "net/ipv6/conf/all/forwarding": 1,
    "net/ipv6/conf/default/accept_dad": 0,
    "net/ipv6/conf/default/accept_untracked_na": 1,
    "net/ipv4/conf/default/arp_accept": 1,
    "net/ipv4/conf/all/rp_filter": 0,
    "net/ipv4/conf/default/rp_filter": 0,
    "net/ipv4/fib_multipath_hash_policy": 1,
}
"""What the kernel is told where it routes.

An anycast gateway is asked for at another leaf than the neighbour is at: so the neighbour's own leaf learns it from
whatever it hears of it, and EVPN tells the others. Source: Linux, ip-sysctl.rst.
"""
_SWITCHED = {"net/ipv6/conf/all/disable_ipv6": 1, "net/ipv6/conf/default/disable_ipv6": 1}
"""What it is told where it does not: it has no address there."""


@dataclass(frozen=True)
class Step:
    """Lines of configuration for one daemon of FRR, one after another."""

    daemon: str
    lines: tuple[str, ...]


@dataclass
class Program:
    """What to do at one leaf, from top to bottom.

    zebra loses what happens in a namespace before it has begun to listen there: so nothing is made in the VRFs that are
    `new` before it says that it knows them. `tags` are those of rows that change hands. What filters a port is there
    before the port, and goes after it (`guard`, `take`). What FRR is not told of an interface any more it forgets while
    that is still where it was (`untold`).
    """

    tags: dict[RowKey, str] = field(default_factory=dict)
    untold: list[Step] = field(default_factory=list)
    begin: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    guard: list[str] = field(default_factory=list)
    assign: dict[str, Place] = field(default_factory=dict)
    make: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    take: list[str] = field(default_factory=list)
    forget: list[str] = field(default_factory=list)
    last: list[Step] = field(default_factory=list)


def program(
    state: LeafState, ops: Sequence[Op], owner: str, physical: Mapping[str, Mapping[str, str]]
) -> Program:  # fmt: skip
    """What makes the ops true at a leaf that is as `state` says."""
    return _Writing(state, owner, physical).all(ops)


class _Writing:
    """One program as it grows."""

    def __init__(self, state: LeafState, owner: str, physical: Mapping[str, Mapping[str, str]]) -> None:
        self.state, self.owner, self.physical = state, owner, physical
        self.program = Program()

    def all(self, ops: Sequence[Op]) -> Program:
        """The program of all ops."""
        rank = {name: table.rank for name, table in TABLES.items()}
        made = sorted((op for op in ops if op.after is not None), key=lambda op: rank[op.key.table])
        gone = sorted((op for op in ops if op.action is Action.DELETE), key=lambda op: -rank[op.key.table])
        for op in ops:
            if op.action is Action.RELEASE:
                self._released(op.key)
        for op in made:
            if op.action is Action.ADOPT:
                self._adopted(op)
        made = [op for op in made if op.action is not Action.ADOPT or not is_same(op.before, op.after)]
        for op in made:
            if op.key.table == VRF:
                self.program.begin += self._made(op)
            elif op.key.table in KERNEL:
                self.program.make += self._made(op)
        state = self.state
        after = edited(state.name, state.tree, ops, state.rows, state.lost).tree
        left = [op for op in gone if op.key.table in INTERFACE_TABLES]
        between = MAKE.edited(state.tree, left, state.rows) if left else state.tree
        self.program.untold = [Step(daemon, tuple(lines)) for daemon, lines in MAKE.told(state.tree, between)]
        self.program.steps += [Step(daemon, tuple(lines)) for daemon, lines in MAKE.told(between, after)]
        self.program.guard, unguard = self._filters(ops)
        plugged = [op for op in gone if op.key.table in (PORT, UPLINK)]
        for op in plugged:
            self.program.take += self._gone(op.row)
        self.program.take += unguard
        for op in gone:
            if op.key.table in KERNEL and op not in plugged:
                self.program.take += self._gone(op.row)
        return self.program

    def _filters(self, ops: Sequence[Op]) -> tuple[list[str], list[str]]:
        """What changes the packet filters of VRFs before ports come, and after they went.

        What goes as a whole goes last: a port that leaves is filtered until it has left.
        """
        of_vrf: dict[str, list[Op]] = {}
        for op in ops:
            if op.key.table in FILTERS:
                of_vrf.setdefault(op.key.name.split()[1], []).append(op)
        first, last = list[str](), list[str]()
        for vrf, mine in of_vrf.items():
            rows = {**self.state.unowned, **self.state.rows}
            held = {key: row for key, row in rows.items() if key.table in FILTERS and key.name.split()[1] == vrf}
            gone = {op.key for op in mine if op.after is None}
            late = {key for key in gone if rows[key].within in gone or key.table in WHOLE}
            now, rebuild = self.state.filters.get(vrf), any(ALTERED in row.columns for row in held.values())
            between = table_of(rows_after(held, [op for op in mine if op.key not in late]).values())
            then = table_of(rows_after(held, mine).values())
            space = self._filtered_space(vrf)
            first += in_nft(space, change_lines(now, between, rebuild))
            last += in_nft(space, change_lines(between, then, rebuild=False))
        return first, last

    def _filtered_space(self, vrf: str) -> str:
        key = vrf_key(self.state.name, vrf)
        return "" if vrf not in self.program.new and self.state.is_at_home(key) else vrf

    def _adopted(self, op: Op) -> None:
        """What is FRR's goes along with its VRF or its VXLAN device."""
        if op.key.table in (PORT, UPLINK):
            self.program.assign[op.key.name.split()[1]] = self._place(op.row)
        elif op.key.table in (VRF, BRIDGE, VXLAN):
            self.program.tags[op.key] = self._tag(op.row)

    def _released(self, key: RowKey) -> None:
        """As what is adopted; the port stays where it is."""
        if key.table in (PORT, UPLINK):
            self.program.forget.append(key.name.split()[1])
        elif key.table in (VRF, BRIDGE, VXLAN):
            self.program.tags[key] = ""

    def _made(self, op: Op) -> Iterator[str]:
        row, words = op.row, op.key.name.split()
        makers: dict[str, Callable[[], Iterator[str]]] = {
            VRF: lambda: self._vrf(row, words[1], op.before is None),
            BRIDGE: lambda: self._bridge(row, op.before is None),
            ADDRESS: lambda: self._address(words),
            VXLAN: lambda: self._vxlan(row, op.before is None),
            PORT: lambda: self._port(row, words[1]),
            UPLINK: lambda: self._port(row, words[1]),
        }
        yield from makers[op.key.table]()

    def _tag(self, row: Row) -> str:
        return tag(self.owner, row.because[0]) if row.because else f"cpal:{self.owner}"

    def _vrf(self, row: Row, name: str, new: bool) -> Iterator[str]:
        if new:
            self.program.new.append(name)
            yield f"ip netns add {name}"
            yield f"ip -n {name} link set lo alias {quote(self._tag(row))} up"
        settings = {"net/ipv4/ip_forward": int(bool(row.columns["forwarding"]))}
        settings |= _SWITCHED if name == LAYER_2 else _ROUTED
        files = {f"/proc/sys/{key}": value for key, value in settings.items()}
        echoes = "; ".join(f"[ ! -e {file} ] || echo {value} >{file}" for file, value in files.items())
        yield f"nsenter --net=/run/netns/{name} sh -ec {quote(echoes)}"

    def _bridge(self, row: Row, new: bool) -> Iterator[str]:
        space, name = self.state.at(row.key)
        at = in_space(space)
        address = f" address {row.columns['mac']}" if "mac" in row.columns else ""
        if new:
            yield f"{at} link add name {name}{address} type bridge mcast_snooping 0"
            yield f"{at} link set {name} alias {quote(self._tag(row))}"
        yield f"{at} link set {name}{address} up"

    def _address(self, words: list[str]) -> Iterator[str]:
        leaf, vrf, bridge, address = words
        space, name = self.state.at(bridge_key(leaf, vrf, bridge))
        yield f"{in_space(space)} address replace {address} dev {name}{' nodad' if ':' in address else ''}"

    def _vxlan(self, row: Row, new: bool) -> Iterator[str]:
        """It is made from the leaf's own namespace, through which its tunnels go for ever, into that of its bridge.

        Were it moved there, zebra might hear that it came before it hears that it went, and forget it.
        """
        now_in, name = self.state.at(row.key)
        if not new:
            yield f"{in_space(now_in)} link delete {name}"
        columns, bridge = row.columns, row.columns["bridge"]
        assert isinstance(bridge, RowKey)
        space, master = self.state.at(bridge)
        at, into = in_space(space), f" netns {space}" if space else ""
        endpoint = f"id {columns['vni']} local {columns['local']} dstport {VXLAN_PORT} nolearning"
        yield f"ip link add name {name}{into} type vxlan {endpoint}"
        yield f"{at} link set {name} alias {quote(self._tag(row))}"
        yield f"{at} link set {name} mtu {columns['mtu']} master {master} addrgenmode none"
        yield f"{at} link set {name} type bridge_slave learning off neigh_suppress on"
        yield f"{at} link set {name} up"

    def _port(self, row: Row, name: str) -> Iterator[str]:
        place = self._place(row)
        self.program.assign[name] = place
        device, told = self._device(name), self.state.told.get(name)
        if device in self.state.places:
            if told and told.mtu and not place.mtu and told.former:
                yield f"{in_space(self.state.places[device])} link set {device} mtu {told.former.mtu}"
            yield from move_lines(device, self.state.places[device], place)

    def _place(self, row: Row) -> Place:
        bridge = row.columns.get("bridge")
        space, master = self.state.at(bridge) if isinstance(bridge, RowKey) else (str(row.columns.get("vrf", "")), "")
        record, name = str(row.because[0]) if row.because else "", row.key.name.split()[1]
        told, is_own = self.state.told.get(name), any(key.kind == Interface.kind for key in row.because)
        former = told.former if told and told.owner == self.owner else self.state.now.get(name) if is_own else None
        return Place(
            owner=self.owner, record=record, vrf=space, bridge=master, up=bool(row.columns["up"]),
            mtu=int(str(row.columns.get("mtu", 0))), former=former,
        )  # fmt: skip

    def _device(self, name: str) -> str:
        """The leaf's interface for a port; "" where none leads to a VLAN of a physical network."""
        words = uplink_words(name)
        return self.physical.get(words[0], {}).get(words[1], "") if words else name

    def _gone(self, row: Row) -> Iterator[str]:
        words = row.key.name.split()
        if row.key.table == VRF:
            yield from self._vrf_gone(row.key, words[1])
        elif row.key.table in (BRIDGE, VXLAN):
            space, name = self.state.at(row.key)
            yield f"{in_space(space)} link delete {name}"
        elif row.key.table == ADDRESS:
            space, name = self.state.at(bridge_key(*words[:3]))
            yield f"{in_space(space)} address delete {words[3]} dev {name}"
        else:
            self.program.forget.append(words[1])
            device = self._device(words[1])
            if device in self.state.places:
                told = self.state.told.get(words[1])
                former = told.former if told else None
                up, mtu = (former.up, former.mtu if told and told.mtu else 0) if former else (_stays_up(row), 0)
                yield from leave_lines(device, self.state.places[device], up, mtu)

    def _vrf_gone(self, key: RowKey, name: str) -> Iterator[str]:
        if self.state.is_home and name == LAYER_2:
            self.program.tags[key] = ""
            return
        yield f"ip netns delete {name}"
        self.program.last.append(Step(ZEBRA, (f"no vrf {name}",)))


def _stays_up(row: Row) -> bool:
    """Whether what is unplugged is the leaf's own, and not the end of a cable to an instance."""
    return row.key.table == UPLINK or any(key.kind == Interface.kind for key in row.because)


def in_nft(space: str, lines: Sequence[str]) -> list[str]:
    """The shell's line that has nft do these, all or none, in a namespace."""
    inside = f"nsenter --net=/run/netns/{space} " if space else ""
    return ["\n".join((f"{inside}nft -f - <<'END'", *lines, "END"))] if lines else []


def in_space(space: str) -> str:
    """The words by which `ip` is told of a namespace, "" the leaf's own."""
    return f"ip -n {space}" if space else "ip"
