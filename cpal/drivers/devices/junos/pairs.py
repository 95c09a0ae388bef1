"""What a Junos configuration says of a pair of switches (MC-LAG), as rows, and how that is written. Pure.

    domain            the service ID, which both have alike
    local interface   the address at which ICCP speaks, by the interface that has it
    peer address      the peer of ICCP; what is said of it is moved with it
    keepalive         where the peer is asked otherwise whether it is alive, of the peer
    peer link         the interface that protects what leads to the peer's LAGs
    MLAG of a LAG     an `mc-ae` of the LAG: active on both

Both are told apart by a chassis ID, and one of them controls: the one with the lesser address of the two. To others
they are one system, whose ID follows from the domain, and a LAG of them one key, its number. An `mc-ae` that lacks a
part without which it is none is as good as none. The redundancy group is said where nobody says one: MX and EX want it,
the page of QFX has it not, and a QFX whose configuration is public does without.

Source: Junos OS Multichassis Link Aggregation User Guide, "Configuring Multichassis Link Aggregation on EX Series
Switches"; CLI Reference, "mc-ae", "iccp", "peer (ICCP)", "multi-chassis-protection", "service-id"; of QFX, a
configuration that Batfish's users made public.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, ip_interface

from cpal.core.rows import VALUE, Op, Row, RowKey, is_same, rows_after
from cpal.drivers.devices.junos.reading import BUNDLE, INET, PHYSICAL, unit_path
from cpal.drivers.devices.junos.text import value, values
from cpal.drivers.devices.junos.vlans import INTERFACES, UNIT
from cpal.drivers.devices.parse.tree import Path, Tree, drop, put, section
from cpal.drivers.devices.render_mlag import DOMAIN, KEEPALIVE, LAG_MLAG, LOCAL_INTERFACE, PEER_ADDRESS, PEER_LINK
from cpal.drivers.devices.render_switch import device_of, key_of, parts_of
from cpal.errors import Rejected

PAIRS = frozenset({DOMAIN, LOCAL_INTERFACE, PEER_ADDRESS, KEEPALIVE, PEER_LINK, LAG_MLAG})
"""The tables that are read and written here."""
SERVICE = "service-id"
"""What says a domain, among the options of the switch."""
_OPTIONS, _ICCP = ("switch-options",), ("protocols", "iccp")
_LOCAL, _PEER = "local-ip-addr", "peer"
_BACKUP, _ASKED = "backup-liveness-detection", "backup-peer-ip"
_PROTECTION, _PROTECTED = ("multi-chassis",), "multi-chassis-protection"
_OF_PEER: tuple[Path, ...] = (("redundancy-group-id-list 1",), ("liveness-detection", "minimum-interval 1000"))
"""What a peer has where nobody says otherwise of it."""
_BUNDLED, _MC, _LACP = "aggregated-ether-options", "mc-ae", "lacp"
_NUMBER, _CHASSIS, _CONTROL = "mc-ae-id", "chassis-id", "status-control"
_GROUP, _ACTIVE = "redundancy-group", "mode active-active"
_CONTROLS = ("active", "standby")
"""What a chassis is, by its ID."""


def rows_of(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of these of a device."""
    iccp = section(tree, _ICCP) or {}
    peer = value(iccp, _PEER)
    about = iccp.get(f"{_PEER} {peer}", {})
    said = {
        DOMAIN: value(tree.get(_OPTIONS[0], {}), SERVICE),
        LOCAL_INTERFACE: _named(tree, value(iccp, _LOCAL) or value(about, _LOCAL)),
        PEER_ADDRESS: peer,
        KEEPALIVE: value(about.get(_BACKUP, {}), _ASKED),
    }
    found = [Row(key_of(table, device), {VALUE: each}) for table, each in said.items() if each is not None]
    for link in values(section(tree, _protecting(peer)) or {}, "interface") if peer else ():
        found.append(Row(key_of(PEER_LINK, device, link), {VALUE: link}))
    for name, number in _numbers(tree).items():
        found.append(Row(key_of(LAG_MLAG, device, name), {VALUE: number}))
    return {row.key: row for row in found}


def _protecting(peer: str) -> Path:
    return (*_PROTECTION, f"{_PROTECTED} {peer}")


def _named(tree: Tree, address: str | None) -> str | None:
    """The interface that has an address; the address where none has it."""
    if address is None:
        return None
    for physical, below in tree.get(INTERFACES, {}).items():
        for line, unit in below.items():
            logical = f"{physical}.{line.removeprefix('unit ')}"
            held = [str(ip_interface(each).ip) for each in values(unit.get(INET, {}), "address")]
            if line.startswith("unit ") and address in held:
                return physical if line == UNIT and PHYSICAL.fullmatch(physical) else logical
    return f"that of {address}"


def _numbers(tree: Tree) -> dict[str, int]:
    """The number of each LAG that is one of the pair, with all without which it is none."""
    found = {}
    for name, below in tree.get(INTERFACES, {}).items():
        told = section(below, (_BUNDLED, _MC)) or {}
        whole = all(value(told, word) is not None for word in (_CHASSIS, _CONTROL)) and _ACTIVE in told
        if BUNDLE.fullmatch(name) and whole and (number := value(told, _NUMBER)) is not None:
            found[name] = int(number)
    return found


def edit(tree: Tree, before: Tree, ops: Sequence[Op], ours: Collection[RowKey]) -> None:
    """Have a tree say what is wanted of a pair, once all else is written; `ops` are what was, of one device.

    Raises:
        Rejected: what it needs is neither declared nor there.
    """
    device = device_of(ops[0].key)
    held = rows_of(before, device)
    told = [op for op in ops if op.key.table in PAIRS and not is_same(held.get(op.key), op.after)]
    changed, wanted = {op.key for op in told}, rows_after(held, told)
    mine = {*ours, *changed} & wanted.keys()
    if not mine and not changed:
        return
    for table, write in ((DOMAIN, _write_domain), (PEER_ADDRESS, _write_peer), (LOCAL_INTERFACE, _write_local)):
        key = key_of(table, device)
        if key in changed or (table == LOCAL_INTERFACE and key in mine):
            write(tree, _said(held, key), _said(wanted, key), device)
    peer = _said(wanted, key_of(PEER_ADDRESS, device))
    if (key := key_of(KEEPALIVE, device)) in changed:
        _write_keepalive(tree, peer, _said(wanted, key), device)
    for key in sorted(key for key in changed if key.table == PEER_LINK):
        _write_link(tree, peer, parts_of(key)[0], key in wanted, device)
    is_other = any(key.table in (DOMAIN, PEER_ADDRESS, LOCAL_INTERFACE) for key in changed)
    for key in sorted(key for key in {*changed, *(mine if is_other else ())} if key.table == LAG_MLAG):
        _write_lag(tree, parts_of(key)[0], held.get(key), wanted.get(key), device)
    for path in ((*_ICCP,), _ICCP[:1], _OPTIONS, _PROTECTION):
        if section(tree, path) == {} and section(before, path) != {}:
            drop(tree, path)


def _said(rows: Mapping[RowKey, Row], key: RowKey) -> str:
    return str(rows[key].columns[VALUE]) if key in rows else ""


def _say(below: Tree, word: str, said: str) -> None:
    """Have a section say a statement that holds one value, or not where it is "" """
    for line in [line for line in below if line.startswith(f"{word} ")]:
        del below[line]
    if said:
        below[f"{word} {said}"] = {}


def _write_domain(tree: Tree, old: str, new: str, device: str) -> None:
    _say(put(tree, _OPTIONS), SERVICE, new)


def _write_peer(tree: Tree, old: str, new: str, device: str) -> None:
    iccp, protection = put(tree, _ICCP), put(tree, _PROTECTION)
    about, link = iccp.pop(f"{_PEER} {old}", {}), protection.pop(f"{_PROTECTED} {old}", {})
    if not new:
        return
    iccp[f"{_PEER} {new}"] = about
    for path in _OF_PEER:
        word = path[0].partition(" ")[0]
        if not any(line.partition(" ")[0] == word for line in about):
            put(about, path)
    if link:
        protection[f"{_PROTECTED} {new}"] = link


def _write_local(tree: Tree, old: str, new: str, device: str) -> None:
    _say(put(tree, _ICCP), _LOCAL, _address(tree, new, device) if new else "")


def _address(tree: Tree, interface: str, device: str) -> str:
    for each in values(section(tree, (*unit_path(interface), INET)) or {}, "address"):
        return str(ip_interface(each).ip)
    why = f"{interface} has no IPv4 address at which the switch speaks to the other"
    raise Rejected(why, key=device, remedy="declare one, or configure it there; nothing was changed")


def _write_keepalive(tree: Tree, peer: str, new: str, device: str) -> None:
    about = (*_ICCP, f"{_PEER} {_needed(peer, device)}") if peer or new else _ICCP
    below = section(tree, (*about, _BACKUP)) if not new else put(tree, (*about, _BACKUP))
    if below is not None:
        _say(below, _ASKED, new)
        if not below:
            drop(tree, (*about, _BACKUP))


def _write_link(tree: Tree, peer: str, link: str, is_wanted: bool, device: str) -> None:
    if is_wanted:
        put(tree, (*_protecting(_needed(peer, device)), f"interface {link}"))
    elif peer:
        drop(tree, (*_protecting(peer), f"interface {link}"))
        if section(tree, _protecting(peer)) == {}:
            drop(tree, _protecting(peer))


def _needed(peer: str, device: str) -> str:
    if not peer:
        why = "the switch knows no address of the other, of which this is said on Junos"
        raise Rejected(why, key=device, remedy="declare the pair's peer_address; nothing was changed")
    return peer


def _write_lag(tree: Tree, name: str, old: Row | None, new: Row | None, device: str) -> None:
    """Have a LAG be one of the pair, or not; with it goes what makes it one system for others."""
    at = (INTERFACES, name, _BUNDLED)
    if section(tree, at) is None and new is None:
        return
    _unsay(tree, at, old)
    if new is None:
        drop(tree, (*at, _MC))
    else:
        number, chassis = str(new.columns[VALUE]), _chassis(tree, device)
        told = put(tree, (*at, _MC))
        if value(told, _GROUP) is None:
            _say(told, _GROUP, "1")
        _say(told, "mode", "active-active")
        for word, said in ((_NUMBER, number), (_CHASSIS, str(chassis)), (_CONTROL, _CONTROLS[chassis])):
            _say(told, word, said)
        speaks = put(tree, (*at, _LACP))
        for word, said in (("system-id", _system(tree, device)), ("admin-key", number)):
            if value(speaks, word) is None:
                _say(speaks, word, said)
    for path in ((*at, _LACP), at):
        if section(tree, path) == {}:
            drop(tree, path)


def _unsay(tree: Tree, at: Path, old: Row | None) -> None:
    """Take away what cpal says of a LAG of the pair; others' system ID and key stay."""
    speaks = section(tree, (*at, _LACP)) or {}
    if old is not None and value(speaks, "admin-key") == str(old.columns[VALUE]):
        _say(speaks, "admin-key", "")
    if (value(speaks, "system-id") or "").startswith(_SYSTEM):
        _say(speaks, "system-id", "")


_SYSTEM = "02:cf:01:00"
"""How the system IDs of pairs begin: locally administered, and none of a gateway's or a leaf's."""


def _system(tree: Tree, device: str) -> str:
    domain = value(tree.get(_OPTIONS[0], {}), SERVICE)
    if domain is None:
        why = f"the switch is in no pair: it has no statement `{_OPTIONS[0]} {SERVICE}`"
        raise Rejected(why, key=device, remedy="declare an mlag of it, or configure it there; nothing was changed")
    high, low = divmod(int(domain), 256)
    return f"{_SYSTEM}:{high:02x}:{low:02x}"


def _chassis(tree: Tree, device: str) -> int:
    """The ID by which it is told from the other: that with the lesser address is 0."""
    iccp = section(tree, _ICCP) or {}
    local, peer = value(iccp, _LOCAL), value(iccp, _PEER)
    if local is None or peer is None:
        why = "which of the two it is follows from both addresses, of which the switch lacks one"
        raise Rejected(why, key=device, remedy="declare the pair's local_interface and peer_address")
    return int(IPv4Address(local) > IPv4Address(peer))


def others_options(options: Tree) -> Iterator[str]:
    """What is said among the options of the switch beside a domain."""
    return (line for line in options if not line.startswith(f"{SERVICE} "))
