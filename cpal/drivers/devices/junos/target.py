"""Junos as a target: what it can hold, and how it writes that.

Source: Junos OS "Ethernet Switching User Guide" (ELS), "Interfaces Fundamentals"; openconfig-vlan.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from cpal.core.driver import Cannot, Capability, Limit, Render, Rules
from cpal.core.rows import Op, Row, RowKey, Table
from cpal.core.view import View
from cpal.drivers.devices import render_bgp, render_device
from cpal.drivers.devices.fabric_limits import of_switches
from cpal.drivers.devices.fabric_said import FabricWords
from cpal.drivers.devices.junos import (
    bgp,
    bgp_limits,
    classifier_limits,
    classifiers,
    evpn,
    leaf_limits,
    ospf,
    pair_limits,
    render_leaf,
    tree_limits,
    trees,
)
from cpal.drivers.devices.junos.bgp_policies import MOST_PATHS
from cpal.drivers.devices.junos.editing import edited, every_row
from cpal.drivers.devices.junos.filters import FILTERS
from cpal.drivers.devices.junos.lags import LAG
from cpal.drivers.devices.junos.pairs import PAIRS
from cpal.drivers.devices.junos.reading import LOGICAL, PHYSICAL, is_default, is_logical, is_port
from cpal.drivers.devices.junos.services import SERVICES
from cpal.drivers.devices.junos.text import LISTS, commands, opened, parsed
from cpal.drivers.devices.junos.trees import MODES, TREES
from cpal.drivers.devices.junos.vlans import DEFAULT
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_bgp import BGP
from cpal.drivers.devices.render_device import MEMBERS, VRF
from cpal.drivers.devices.render_evpn import TUNNEL_SOURCE
from cpal.drivers.devices.render_ospf import Manner
from cpal.drivers.devices.render_ospf import rendering as rendering_of_ospf
from cpal.drivers.devices.render_switch import TABLES, rendering, vlan_name, vlan_name_of
from cpal.drivers.devices.server_limits import SERVED_ONCE, refuse_second_server
from cpal.drivers.devices.switch_limits import both, capability
from cpal.drivers.devices.words import BgpWords, OspfWords, Words
from cpal.errors import Unreadable
from cpal.model.estate import Estate
from cpal.model.network import Network
from cpal.model.ospf import Ospf
from cpal.model.switch import ON_DEVICES, ROUTED, Interface, Lag, Vlan, Vrf
from cpal.model.target import Target

DRIVER = "junos"
VERSION = 8
"""To be raised when the same records give other rows than before."""
_SETTINGS = ("vrf", "route", "ntp_server", "syslog_server", "lag", "mlag", "acl", "classifier", "ospf", "bgp", "stp")
_OSPF = Manner(names_process=True, names_vrf=True, tells_passive=True, shares_router_id=True)
WORDS = Words(
    DRIVER,
    "Junos",
    schemes=("junos",),
    kinds=("ge-", "xe-", "et-", "ae", "irb.", "lo0.", "fxp", "em", "me", "vme"),
    ports=("ge-", "xe-", "et-", "ae"),
    mtus=(256, 9202),
    logical=("ae", "irb.", "lo0."),
    lag=LAG,
    least_lag=0,
    most_lag=4091,
    vlan_name=0,
    form=rf"{PHYSICAL.pattern}|{LOGICAL.pattern}",
    has_primary=False,
    settings=_SETTINGS,
    ospf=OspfWords(most_paths=None, numbers_once=False),
    bgp=BgpWords(MOST_PATHS),
    tree_modes=MODES,
    pairing=pair_limits.PAIRING,
    trust="Junos says it by classifiers of class-of-service, one for each kind of mark",
    owned=ON_DEVICES,
)
_VLAN_NAME = re.compile(r"[\w.-]*[A-Za-z_][\w.-]*", re.ASCII)
_TAKEN = ("all", "none")
"""Words that stand for something else where a VLAN is named."""
_NAMES = "Junos takes letters, digits, '.', '-' and '_', not digits alone, and knows 'all', 'none' and 'default' itself"
_ROUTED = "it is asked of IPv4 that is routed: a filter of a port of the switch would drop ARP too"
_BARE = "of a port in a LAG Junos has neither MTU nor unit"
_ACLS = ("ingress_acl", "egress_acl")
_NOT_OF_MEMBERS = ("mtu", "mode", "addresses", "vrf")
_ONCE = "a device has one VLAN of a name: to Junos the name says which it is"


def _vlan(target: Target, record: Vlan) -> Iterator[Cannot]:
    name = vlan_name(record.name)
    if not {*record.devices} & target.endpoints.keys():
        return
    if not _VLAN_NAME.fullmatch(name) or name in _TAKEN or (name == DEFAULT and record.vlan_id != 1):
        yield Cannot("name", _NAMES, "call it otherwise")


def _interface(target: Target, record: Interface) -> Iterator[Cannot]:
    if record.device not in target.endpoints:
        return
    if record.addresses and is_port(record.port) and record.mode != ROUTED:
        yield Cannot("addresses", "an interface that has addresses is no port of a Junos switch", "write mode: routed")
    for field in _ACLS:
        if getattr(record, field) and is_port(record.port) and not record.mode:
            yield Cannot(field, _ROUTED, "write mode: routed")
    if record.mtu and record.port.startswith("lo0"):
        yield Cannot("mtu", "Junos has no MTU of lo0", "leave it out")


_OF_OSPF = {
    "process": "Junos has no numbers of processes",
    "passive_default": "Junos has no such default: write passive at each interface",
    "maximum_paths": "Junos says that where it exports routes to its forwarding table",
    "interfaces": "Junos has a process of OSPF only with an interface",
}
"""Why a field is not said of a process."""


def _ospf(target: Target, record: Ospf) -> Iterator[Cannot]:
    if record.device not in target.endpoints:
        return
    if record.process != ospf.PROCESS:
        yield Cannot("process", _OF_OSPF["process"], "leave it out")
    if record.passive_default:
        yield Cannot("passive_default", _OF_OSPF["passive_default"], "leave it out")
    if record.maximum_paths is not None:
        yield Cannot("maximum_paths", _OF_OSPF["maximum_paths"], "leave it out")
    if not record.interfaces:
        yield Cannot("interfaces", _OF_OSPF["interfaces"], "name one")


def _vlan_together(target: Target, record: Vlan, estate: Estate) -> Iterator[Cannot]:
    for device in record.devices:
        if device in target.endpoints and _number_of(estate, device, record.name, record.vlan_id) != record.vlan_id:
            yield Cannot("name", f"{device} has another VLAN {vlan_name(record.name)}: {_ONCE}", "call it otherwise")


def _interface_together(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
    for id in record.networks if record.device in target.endpoints else ():
        network = estate.get(Network, id)
        if network is None or network.switch_vlan is None:
            continue
        name = vlan_name_of(network)
        if not _VLAN_NAME.fullmatch(name) or name in (*_TAKEN, DEFAULT):
            yield Cannot("networks", f"VLAN {name!r}: {_NAMES}", "call the network otherwise")
        elif _number_of(estate, record.device, name, network.switch_vlan) != network.switch_vlan:
            yield Cannot("networks", f"{record.device} has another VLAN {name}: {_ONCE}", "call the network otherwise")


def _lag_together(target: Target, record: Lag, estate: Estate) -> Iterator[Cannot]:
    members = {f"{record.device}/{member}" for member in record.members}
    for interface in estate.find("interface.device", record.device) if record.device in target.endpoints else ():
        said = [field for field in _NOT_OF_MEMBERS if getattr(interface, field)]
        if said and interface.name in members:
            yield Cannot("members", f"{interface.port} has {said[0]}: {_BARE}", "say that of the LAG, or leave it out")


def _number_of(estate: Estate, device: str, name: str, own: int) -> int:
    """The number of another VLAN of a device that is called so, or its own."""
    others = [(vlan_name(vlan.name), vlan.vlan_id) for vlan in estate.find("vlan.device", device)]
    for interface in estate.find("interface.device", device):
        networks = (estate.get(Network, id) for id in interface.networks)
        others += [(vlan_name_of(n), n.switch_vlan) for n in networks if n is not None and n.switch_vlan]
    return next((number for known, number in others if known == vlan_name(name) and number != own), own)


def _capability() -> Capability:
    shared = of_switches(
        capability(
            WORDS,
            "an emulator of Junos over NETCONF, which is built from public documentation and recordings: no device",
        )
    )
    return shared._replace(
        refuse={
            **shared.refuse,
            "vlan": _vlan,
            "interface": both(both(shared.refuse["interface"], _interface), classifier_limits.refuse_interface),
            "mlag": both(shared.refuse["mlag"], pair_limits.refuse_pair),
            "lag": both(shared.refuse["lag"], pair_limits.refuse_lag),
            "ospf": both(shared.refuse["ospf"], _ospf),
            "bgp": both(shared.refuse["bgp"], bgp_limits.refuse_bgp),
        },
        refuse_together={
            **shared.refuse_together,
            "network": both(shared.refuse_together["network"], leaf_limits.refuse_network),
            "vlan": _vlan_together,
            "lag": _lag_together,
            "ospf": both(shared.refuse_together["ospf"], bgp_limits.refuse_router_id),
            "bgp": both(shared.refuse_together["bgp"], bgp_limits.refuse_together),
            "classifier": classifier_limits.refuse_classifier,
            "acl": classifier_limits.refuse_acl,
            "stp": tree_limits.refuse_trees,
            "ntp_server": refuse_second_server,
            "syslog_server": refuse_second_server,
            "interface": lambda target, record, estate: (
                *shared.refuse_together["interface"](target, record, estate),
                *_interface_together(target, record, estate),
                *leaf_limits.refuse_interface(target, record, estate),
                *tree_limits.refuse_edge_port(target, record, estate),
            ),
        },
        limits=(
            *shared.limits,
            Limit("vlan", "name", f"{_NAMES}; {_ONCE}"),
            Limit("interface", "mtu", "the packet's: 14 octets more are written where the header counts; lo0 has none"),
            Limit("interface", "addresses", "not of a port of the switch"),
            *(Limit("interface", field, _ROUTED) for field in _ACLS),
            Limit("lag", "members", f"{_BARE}: its LAG has them"),
            *(Limit("ospf", field, why) for field, why in _OF_OSPF.items()),
            *bgp_limits.LIMITS,
            *classifier_limits.LIMITS,
            *SERVED_ONCE,
            *leaf_limits.LIMITS,
            *pair_limits.LIMITS,
            *tree_limits.LIMITS,
        ),
    )  # fmt: skip


CAPABILITY = _capability()
"""Junos's capability."""


def _vrf(view: View, record: Vrf) -> list[Row]:
    """A VRF routes both families."""
    return [row for row in render_device.rendering(DRIVER)["vrf"](view, record) if row.key.table == VRF]


_SWITCH, _PLUGGED = rendering(DRIVER, is_logical, has_primary=WORDS.has_primary), render_leaf.plugged(DRIVER)


def _port(view: View, record: Interface) -> list[Row]:
    """An access port of a network's VLAN is in its instance too."""
    return [*_SWITCH["interface"](view, record), *_PLUGGED(view, record)]


_RENDER: Mapping[str, Render] = {
    **_SWITCH,
    "interface": _port,
    **{kind: render for kind, render in render_device.rendering(DRIVER, LAG).items() if kind in WORDS.settings},
    "vrf": _vrf,
    **rendering_of_ospf(DRIVER, _OSPF, is_logical),
    **render_bgp.rendering(DRIVER, bgp_limits.SHAPE),
    **render_leaf.rendering(DRIVER),
}
_WRITTEN = SERVICES | PAIRS | FILTERS | TREES | ospf.TABLES | bgp.TABLES | classifiers.TABLES | {MEMBERS}
_TABLES: Mapping[str, Table] = {
    **TABLES,
    **{table: each for table, each in render_device.TABLES.items() if table in _WRITTEN},
    **render_leaf.TABLES,
}


class JunosMake:
    """All of the make but the way to a device: `drivers.devices.switch.Writing`."""

    lag = LAG
    tells_trunks = False
    fabric: FabricWords | None = evpn.FABRIC
    rules = Rules(DRIVER, CAPABILITY, _TABLES, _RENDER, (), VERSION)

    def tree(self, text: str) -> Tree:
        """The tree of a configuration. Raises Unreadable: it is none."""
        try:
            return opened(parsed(text))
        except ValueError as error:
            raise Unreadable(f"this is no configuration of Junos: {error}", key="<get-configuration>") from error

    def rows(self, tree: Tree, device: str) -> dict[RowKey, Row]:
        """Every row that a configuration says of a device."""
        return every_row(tree, device)

    def is_default(self, row: Row) -> bool:
        """Whether a setting is what it is without being configured."""
        return any(each(row) for each in (is_default, ospf.is_default, bgp.is_default, trees.is_default))

    def is_shared(self, key: RowKey) -> bool:
        """The AS is, and where tunnels begin: others' neighbours and tunnels are there too."""
        return key.table in (BGP, TUNNEL_SOURCE)

    def edited(self, tree: Tree, ops: Sequence[Op], ours: Collection[RowKey]) -> Tree:
        """The tree once the ops are done. Raises Conflict: what others configured is in the way."""
        return edited(tree, ops, ours)

    def lines(self, before: Tree, after: Tree) -> list[str]:
        """What is typed to make one tree into the other."""
        return commands(before, after)

    def is_ordered(self, line: str) -> bool:
        """Whether the order of a line among others of its kind counts."""
        return line.partition(" ")[0] in LISTS


MAKE = JunosMake()
