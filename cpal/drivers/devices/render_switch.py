"""From VLANs, interfaces and networks to what switches should hold, in no make's words. Pure.

A row is one setting of a device, so that one by hand and one of cpal's may stand side by side in a section: its name is
the device, what it is about, and the member, where there are several. What a make writes for it is in its `settings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2s
from typing import Any, NamedTuple

from cpal.core.driver import Render
from cpal.core.rows import VALUE, Row, RowKey, Table, Value
from cpal.core.view import View
from cpal.drivers.devices.parse.tree import numbers, spans
from cpal.model.bgp import Bgp
from cpal.model.network import Network
from cpal.model.ospf import Ospf
from cpal.model.record import Key
from cpal.model.switch import ACCESS, ROUTED, TRUNK, Interface, Vlan
from cpal.model.target import Target

VLAN, VLAN_NAME = "vlan", "vlan.name"
ROUTING = "routing"
"""Whether a device routes, of those that do so when they are told."""
AS = "bgp"
"""The number of a device's AS, whose section all of BGP is in."""
INTERFACE = "interface"
DESCRIPTION, ENABLED, MTU, MODE = (
    "interface.description", "interface.enabled", "interface.mtu", "interface.mode",
)  # fmt: skip
ACCESS_VLAN, NATIVE_VLAN, TRUNK_VLANS = "interface.access_vlan", "interface.native_vlan", "interface.trunk_vlans"
ADDRESS, INTERFACE_VRF = "interface.addresses", "interface.vrf"
SECONDARY = "interface.secondary_addresses"
"""Addresses of IPv4 beyond the first, where a make tells them from that."""
INGRESS_ACL, EGRESS_ACL = "interface.ingress_acl", "interface.egress_acl"
INGRESS_CLASSIFIER = "interface.ingress_classifier"
EDGE_PORT, BPDU_GUARD = "interface.edge_port", "interface.bpdu_guard"
EDGE_TRUNK = "trunk"
"""What an edge port is that is a trunk, where a make writes that otherwise."""
ALL = "all"
"""What a trunk carries that is not told."""
MOST_OF_VLAN_NAME = 32
"""How many characters the name of a VLAN may have. Source: EOS, NX-OS and IOS command references, `name` of a VLAN."""


def setting_table(table: str, rank: int, word: str) -> Table:
    """The table of a setting `WITHIN.COLUMN`."""
    within, _, column = table.partition(".")
    return Table(frozenset({VALUE}), rank, word, {within: column})


def lone_table(rank: int, word: str) -> Table:
    """The table of what stands by itself."""
    return Table(frozenset({VALUE}), rank, word)


_WORDS = {
    MODE: "mode of an interface",
    DESCRIPTION: "description of an interface",
    MTU: "MTU of an interface",
    ACCESS_VLAN: "VLAN of an access port",
    NATIVE_VLAN: "untagged VLAN of a trunk",
    TRUNK_VLANS: "VLANs of a trunk",
    EDGE_PORT: "edge port",
    BPDU_GUARD: "guard of a port against bridges",
    ENABLED: "state of an interface",
}
TABLES: Mapping[str, Table] = {
    VLAN: Table(frozenset(), 10, "VLAN"),
    VLAN_NAME: setting_table(VLAN_NAME, 11, "VLAN name"),
    INTERFACE: Table(frozenset(), 20, "interface"),
    **{table: setting_table(table, 21 + n, word) for n, (table, word) in enumerate(_WORDS.items())},
    INTERFACE_VRF: setting_table(INTERFACE_VRF, 30, "VRF of an interface"),
    ADDRESS: Table(frozenset({VALUE}), 31, "address of an interface", {INTERFACE: "addresses"}, edge=True),
    SECONDARY: Table(frozenset({VALUE}), 32, "secondary address of an interface", {INTERFACE: SECONDARY}, edge=True),
    INGRESS_ACL: setting_table(INGRESS_ACL, 32, "access list of what comes in"),
    EGRESS_ACL: setting_table(EGRESS_ACL, 33, "access list of what goes out"),
    INGRESS_CLASSIFIER: setting_table(INGRESS_CLASSIFIER, 34, "classifier of what comes in"),
}
"""Every table that rows may be rendered in. Ownership is by ledger: a switch has no place for a tag."""


def key_of(table: str, device: str, *parts: object) -> RowKey:
    """The row of a setting of a device."""
    return RowKey(table, " ".join((device, *map(str, parts))))


def device_of(key: RowKey) -> str:
    """The device that a row is at."""
    return key.name.partition(" ")[0]


def parts_of(key: RowKey) -> tuple[str, ...]:
    """What a row is about, without its device."""
    return tuple(key.name.split()[1:])


def is_at(view: View, device: str, driver: str) -> bool:
    """Whether a device is one of this driver's targets."""
    targets: list[Target] = view.find("target.endpoint", device)
    return any(target.driver == driver for target in targets)


def routing(view: View, record: Bgp | Ospf) -> Iterator[Row]:
    """That its device routes, which the first says of all that need it: of OSPF, what is in the default VRF."""
    processes: list[Ospf] = view.find("ospf.device", record.device)
    needing = [*view.find("bgp.device", record.device), *(each for each in processes if not each.vrf)]
    if record.key == min((each.key for each in needing), default=None):
        yield Row(key_of(ROUTING, record.device), {VALUE: True}, (record.key,))


def routes(rows: Mapping[RowKey, Row], device: str) -> bool:
    """Whether a device routes, as its rows say; one of which none says so does."""
    said = rows.get(key_of(ROUTING, device))
    return said is None or said.columns[VALUE] is True


def rendering(
    driver: str, is_logical: Callable[[str], bool], tells_trunks: bool = False, has_primary: bool = True
) -> Mapping[str, Render]:
    """What each kind of record gives for a make, on which interfaces exist only by being configured if `is_logical`.

    `tells_trunks` is whether it writes of an edge port that it is a trunk, `has_primary` whether one address of IPv4 is
    the primary one: the first.
    """

    def vlan(view: View, record: Vlan) -> list[Row]:
        devices = [device for device in record.devices if is_at(view, device, driver)]
        return [row for device in devices for row in vlan_rows(device, record.vlan_id, record.name, (record.key,))]

    def network(view: View, record: Network) -> list[Row]:
        """A network is a VLAN on each switch that has it on an interface."""
        if record.network_type != "vlan" or record.segmentation_id is None:
            return []
        interfaces: list[Interface] = view.find("interface.network", record.id)
        devices = sorted({each.device for each in interfaces if is_at(view, each.device, driver)})
        name, because = vlan_name_of(record), (record.key,)
        return [row for device in devices for row in vlan_rows(device, record.segmentation_id, name, because)]

    def interface(view: View, record: Interface) -> list[Row]:
        if not is_at(view, record.device, driver):
            return []
        within = key_of(INTERFACE, record.device, record.port) if is_logical(record.port) else None
        rows = [Row(within, {}, (record.key,))] if within else []
        for table, value in _settings(view, record, tells_trunks):
            rows.append(Row(key_of(table, record.device, record.port), {VALUE: value}, (record.key,), within))
        primary = next((each for each in record.addresses if ":" not in each), "")
        for address in record.addresses:
            table = SECONDARY if has_primary and ":" not in address and address != primary else ADDRESS
            rows.append(
                Row(key_of(table, record.device, record.port, address), {VALUE: address}, (record.key,), within)
            )
        return rows

    return {"vlan": vlan, "network": network, "interface": interface}


def vlan_rows(device: str, number: int, name: str, because: tuple[Key, ...]) -> Iterator[Row]:
    """A VLAN of a device, under a name."""
    within = key_of(VLAN, device, number)
    yield Row(within, {}, because)
    yield Row(key_of(VLAN_NAME, device, number), {VALUE: vlan_name(name)}, because, within)


def vlan_name(name: str) -> str:
    """A name as switches take it: one word."""
    return "_".join(name.split())


def vlan_name_of(network: Network) -> str:
    """What a network's VLAN is called: as the network; where that is too long, its end tells it from others."""
    name = vlan_name(network.name)
    if len(name) <= MOST_OF_VLAN_NAME:
        return name
    digest = blake2s(network.name.encode(), digest_size=2).hexdigest()
    return f"{name[: MOST_OF_VLAN_NAME - len(digest) - 1]}-{digest}"


def _settings(view: View, record: Interface, tells_trunks: bool) -> Iterator[tuple[str, Value]]:
    if record.description:
        yield DESCRIPTION, record.description
    if record.mtu:
        yield MTU, record.mtu
    if record.mode:
        yield MODE, record.mode
    numbers = [
        number
        for id in record.networks
        if (network := view.get(Network, id)) is not None and (number := network.switch_vlan) is not None
    ]
    if record.mode == ACCESS and (record.vlan or numbers):
        yield ACCESS_VLAN, record.vlan or numbers[0]
    if record.mode == TRUNK:
        yield TRUNK_VLANS, spans((*record.vlans, *numbers)) or ALL
        if record.vlan:
            yield NATIVE_VLAN, record.vlan
    if record.vrf:
        yield INTERFACE_VRF, record.vrf
    if record.ingress_acl:
        yield INGRESS_ACL, record.ingress_acl
    if record.egress_acl:
        yield EGRESS_ACL, record.egress_acl
    if record.ingress_classifier:
        yield INGRESS_CLASSIFIER, record.ingress_classifier
    if record.edge_port is not None:
        yield EDGE_PORT, _edge(record.mode, tells_trunks) if record.edge_port else False
    if record.bpdu_guard is not None:
        yield BPDU_GUARD, record.bpdu_guard
    if record.enabled is not None:
        yield ENABLED, record.enabled


def _edge(mode: str, tells_trunks: bool) -> Value:
    """What an edge port is."""
    return EDGE_TRUNK if tells_trunks and mode == TRUNK else True


class Fields(NamedTuple):
    """The fields of a record of a kind."""

    kind: str
    fields: dict[str, Any]


class Said(NamedTuple):
    """What rows say, as fields of records: VLANs, interfaces, and what of the rows no such record can say."""

    vlans: list[dict[str, Any]]
    interfaces: list[dict[str, Any]]
    left_out: list[RowKey]
    more: tuple[Fields, ...] = ()
    """Of further kinds."""


def said_by(rows: Mapping[RowKey, Row], is_default: Callable[[Row], bool], tells_trunks: bool = False) -> Said:
    """The other way round: the fields of records that give these rows, of all devices; `tells_trunks` as above.

    A VLAN of one number and name is one on all devices that have it; of two with one name, the first is said.
    """
    vlans: dict[tuple[int, str], list[str]] = {}
    settings: dict[tuple[str, str], dict[str, Row]] = {}
    addresses: dict[tuple[str, str], list[str]] = {}
    for key in sorted(rows):
        if key.table not in TABLES:
            continue
        device, about = device_of(key), parts_of(key)[0]
        if key.table == VLAN:
            named = rows.get(key_of(VLAN_NAME, device, about))
            vlans.setdefault((int(about), str(named.columns[VALUE]) if named else ""), []).append(device)
        elif key.table in (ADDRESS, SECONDARY):
            addresses.setdefault((device, about), []).append(str(rows[key].columns[VALUE]))
        elif key.table != VLAN_NAME:
            settings.setdefault((device, about), {})[key.table] = rows[key]
    first = {name: number for number, name in sorted(vlans, reverse=True)}
    found, unsaid = [], []
    for (number, name), on in sorted(vlans.items()):
        if name and first[name] == number:
            found.append({"vlan_id": number, "name": name, "devices": tuple(on)})
        else:
            unsaid += [key_of(VLAN, device, number) for device in on]
    interfaces = []
    for of in sorted({*settings, *addresses}):
        fields = _fields_of(settings.get(of, {}), tuple(addresses.get(of, ())), is_default, tells_trunks)
        interfaces += [{"name": "/".join(of), **fields}] if fields is not None else []
    return Said(found, interfaces, unsaid)


def _fields_of(
    settings: Mapping[str, Row], addresses: tuple[str, ...], is_default: Callable[[Row], bool], tells_trunks: bool
) -> dict[str, Any] | None:
    """The fields of an interface; None of one that is as it is without being configured.

    Nothing of VLANs where no record can say them: a trunk of none, a name that leads to none; nor of an edge port
    that is written as if it were a trunk, and is none.
    """
    told = {table: row.columns.get(VALUE) for table, row in settings.items() if not is_default(row)}
    fields: dict[str, Any] = {field: told[table] for table, field in _PLAIN.items() if table in told}
    mode = settings[MODE].columns[VALUE] if MODE in settings else ""
    carried = str(settings[TRUNK_VLANS].columns[VALUE]) if TRUNK_VLANS in settings else ""
    if mode == ACCESS and isinstance(told.get(ACCESS_VLAN), int):
        fields |= {"mode": ACCESS, "vlan": told[ACCESS_VLAN]}
    elif mode == TRUNK and (carried == ALL or carried[:1].isdigit()):
        fields["mode"] = TRUNK
        fields |= {"vlans": tuple(numbers(carried))} if carried != ALL else {}
        fields |= {"vlan": told[NATIVE_VLAN]} if NATIVE_VLAN in told else {}
    elif mode == ROUTED:
        fields["mode"] = ROUTED
    if addresses and mode in ("", ROUTED):
        fields["addresses"] = addresses
    if mode != ROUTED:
        fields |= {"bpdu_guard": told[BPDU_GUARD]} if BPDU_GUARD in told else {}
        fields |= {"edge_port": True} if told.get(EDGE_PORT) == _edge(fields.get("mode", ""), tells_trunks) else {}
    return fields if fields or INTERFACE in settings else None


_PLAIN = {
    DESCRIPTION: "description", ENABLED: "enabled", MTU: "mtu", INTERFACE_VRF: "vrf", INGRESS_ACL: "ingress_acl",
    EGRESS_ACL: "egress_acl", INGRESS_CLASSIFIER: "ingress_classifier",
}  # fmt: skip
