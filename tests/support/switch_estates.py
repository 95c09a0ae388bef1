"""Random valid estates of VLANs, networks and interfaces on two switches of a make, for properties.

Ids follow from names, so that two drawn estates share records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st
from msgspec.structs import replace

from cpal.model.acl import ACCEPT, DROP, Acl, AclEntry
from cpal.model.bgp import Bgp, BgpNeighbor
from cpal.model.check import check
from cpal.model.classifier import Classifier, ClassifierTerm
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.mlag import Mlag
from cpal.model.network import ROUTER_INTERFACE, FixedIP, HostRoute, Network, Port, Subnet
from cpal.model.ospf import NETWORK_TYPES, REDISTRIBUTED, Ospf, OspfInterface
from cpal.model.record import Record
from cpal.model.router import Router
from cpal.model.switch import (
    ACCESS,
    LACP_MODES,
    MSTP,
    NO_TREE,
    RAPID_PVST,
    ROUTED,
    RSTP,
    TREE_MODES,
    TRUNK,
    Interface,
    Lag,
    NtpServer,
    Route,
    Stp,
    SyslogServer,
    Vlan,
)
from cpal.model.target import Host, Project, Range, Target
from tests.support.drawing import among, many, some
from tests.support.world import id_of

SWITCHES = ("leaf1", "leaf2")


class Words(NamedTuple):
    """What a make calls its ports and the interface of VLAN 10, and names that its VLANs may have, by number."""

    ports: tuple[str, ...]
    routing: str
    lag: str
    names: Callable[[int], tuple[str, ...]] = lambda number: (f"vlan{number}", "of two words")
    addresses: tuple[str, ...] = ("192.0.2.1/31", "2001:db8::1/64", "198.51.100.1/24")
    form: str = "Ethernet{}"
    """Its further ports, by number."""
    tree_modes: tuple[str, ...] = ()
    redistributed: tuple[str, ...] | None = None
    """What OSPF announces there beside its own; None where no OSPF is written."""
    bare_processes: bool = False
    """Whether a process has no number and no default, and is there only with an interface."""
    bgp_paths: int = 4
    """Paths to one prefix that BGP takes."""
    has_clusters: bool = False
    """Whether BGP reflects only where it has a router ID, which is OSPF's too."""
    marks_by_filter: bool = False
    """Whether what marks packets is a filter, of lists that drop nothing, and beside no list at an interface."""
    units_for_networks: bool = False
    """Whether a trunk of a leaf names its VLANs, and a network of a leaf is always up."""
    tied_trees: bool = False
    """Whether priorities and edge ports are only where the protocol that they are of is declared."""
    services: bool = False
    """Whether servers and static routes are drawn, none of them in a VRF."""
    members: tuple[str, ...] = ()
    """The ports that may be in a LAG, where they are none of those of which more is said."""


CISCO = (MSTP, RAPID_PVST)
MAKES: Mapping[str, Words] = {
    "eos": Words(
        ("Ethernet1", "Ethernet2", "Ethernet3"), "Vlan10", "Port-Channel7", tree_modes=TREE_MODES,
        redistributed=REDISTRIBUTED,
    ),
    "ios": Words(
        ("GigabitEthernet0/1", "GigabitEthernet0/2", "GigabitEthernet0/3"), "Vlan10", "Port-channel7", tree_modes=CISCO,
        redistributed=REDISTRIBUTED[:2], services=True,
    ),
    "nxos": Words(
        ("Ethernet1/1", "Ethernet1/2", "Ethernet1/3"), "Vlan10", "port-channel7", form="Ethernet1/{}", tree_modes=CISCO,
        redistributed=REDISTRIBUTED[:2],
    ),
    "junos": Words(
        ("ge-0/0/1", "ge-0/0/2", "ge-0/0/3"), "irb.10", "ae7", lambda number: (f"vlan{number}", f"of words {number}"),
        ("192.0.2.1/31", "2001:db8::1/64"), "ge-0/0/{}", units_for_networks=True,
        tree_modes=TREE_MODES, tied_trees=True, redistributed=REDISTRIBUTED, bare_processes=True, has_clusters=True,
        bgp_paths=16, marks_by_filter=True, members=("ge-0/0/9", "ge-0/0/10"),
    ),
}  # fmt: skip
"""The drivers whose targets are switches."""
VLANS, NETWORKS = (10, 11, 12), (20, 21)
WORDS = ("", "to h1", "rack 7")


@st.composite
def switch_estates(draw: st.DrawFn, driver: str = "eos", leaves: bool = False) -> Estate:
    """Estates with nothing wrong, of what switches of this make have; `leaves` also as leaves of a fabric."""
    said = MAKES[driver]
    red = Project(id=id_of("project", "red"), name="red")
    endpoints = {name: f"{driver}://admin@{name}" for name in SWITCHES}
    records: list[Record] = [red, Target(id=id_of("target", "site"), name="site", driver=driver, endpoints=endpoints)]
    networks = draw(some(NETWORKS))
    records += [
        Network(id=id_of("network", f"net{n}"), name=f"net{n}", project_id=red.id, network_type="vlan",
                physical_network="dc", segmentation_id=n, mtu=1500)
        for n in networks
    ]  # fmt: skip
    for n in draw(some(VLANS, 1)):
        devices = draw(some(SWITCHES, 1))
        name = draw(among(said.names(n)))
        records.append(Vlan(id=id_of("vlan", str(n)), name=name, project_id=red.id, vlan_id=n, devices=devices))
    for name in draw(many(tuple(f"{on}/{port}" for on in SWITCHES for port in said.ports))):
        names = leaves and said.units_for_networks
        fields = _fields(draw, tuple(id_of("network", f"net{n}") for n in networks), said, names)
        records.append(Interface(id=id_of("interface", name), name=name, project_id=red.id, **fields))
    for name in draw(some(tuple(f"{on}/{said.routing}" for on in SWITCHES))):
        fields = {"addresses": draw(among(((), ("10.0.10.1/24",)))), "mtu": draw(among((0, 1600)))}
        records.append(Interface(id=id_of("interface", name), name=name, project_id=red.id, **fields))
    records += _lags(draw, red, said)
    records = _paired(draw, red, driver, records)
    records += _trees(draw, red, said)
    records += _services(draw, red) if said.services else []
    records = [_tied(record, records) for record in records] if said.tied_trees else records
    records = _asked(draw, red, said, records)
    records += _processes(draw, red, said, records) if said.redistributed is not None else []
    records += _bgp(draw, red, said) if said.lag else []
    records += _tunnelled(draw, red, driver) if leaves else []
    estate = EMPTY.replace([Change(None, record) for record in _each_address_once(records)])
    assert check(estate) == (), check(estate)
    return estate


def _each_address_once(records: Iterable[Record]) -> Iterator[Record]:
    """The records, of which no two interfaces of a device have the same address."""
    held: set[tuple[str, str]] = set()
    for record in records:
        if isinstance(record, Interface):
            mine = {text: (record.device, text.partition("/")[0]) for text in record.addresses}
            record = replace(record, addresses=tuple(text for text, known in mine.items() if known not in held))
            held.update(mine.values())
        yield record


def _lags(draw: st.DrawFn, red: Project, said: Words) -> list[Record]:
    """A LAG on some switches, of which an interface says more, or not."""
    records: list[Record] = []
    for on in draw(some(SWITCHES)):
        name = f"{on}/{said.lag}"
        members = draw(some(said.members or said.ports, 1))
        mode = draw(among(LACP_MODES))
        records.append(Lag(id=id_of("lag", name), name=name, project_id=red.id, members=members, lacp_mode=mode))
        if draw(st.booleans()):
            fields: dict[str, Any] = {"mode": TRUNK, "vlans": (10,), "description": "to the spines"}
            records.append(Interface(id=id_of("interface", name), name=name, project_id=red.id, **fields))
    return records


PAIRS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "eos": (
        {"domain": "rack1", "local_interface": "Vlan10", "peer_address": "10.0.10.9"},
        {"domain": "rack2", "keepalive_destination": "192.0.2.9", "keepalive_vrf": "default"},
        {"domain": "rack1", "keepalive_destination": "192.0.2.9", "keepalive_vrf": "MGMT"},
    ),
    "nxos": (
        {"domain": "10", "keepalive_destination": "192.0.2.9", "keepalive_vrf": "management"},
        {"domain": "11", "keepalive_destination": "192.0.2.9", "keepalive_source": "192.0.2.8"},
        {"domain": "10", "keepalive_destination": "192.0.2.8", "keepalive_vrf": "default"},
    ),
    "junos": (
        {"domain": "10", "peer_address": "10.0.10.9"},
        {"domain": "10", "peer_address": "10.0.10.8", "keepalive_destination": "192.0.2.9"},
        {"domain": "11", "peer_address": "10.0.10.9", "keepalive_destination": "192.0.2.8"},
    ),
}
"""What a switch may be in a pair, by its driver."""
PAIR = {driver: st.sampled_from(pairs) for driver, pairs in PAIRS.items()}


def _paired(draw: st.DrawFn, red: Project, driver: str, records: list[Record]) -> list[Record]:
    """Of switches with a LAG, some are in a pair, of which the LAG is the peer link, or leads to others."""
    made: list[Record] = []
    for record in records:
        if isinstance(record, Lag) and driver in PAIRS and draw(st.booleans()):
            fields = draw(PAIR[driver])
            is_peer_link = draw(st.booleans())
            numbers = (0,) if driver == "junos" else (0, 7, 20)  # there it needs an address of the device's own
            record = record if is_peer_link else replace(record, mlag=draw(among(numbers)))
            link: dict[str, Any] = {"peer_link": record.own_name} if is_peer_link else {}
            id = id_of("mlag", record.device)
            made.append(Mlag(id=id, name=record.device, project_id=red.id, **fields, **link))
        made.append(record)
    return made


ENTRIES = (
    AclEntry(sequence_id=10, forwarding_action=ACCEPT, protocol="tcp", destination_port=Range(80, 80)),
    AclEntry(sequence_id=10, forwarding_action=DROP, protocol="tcp", destination_port=Range(1, 1023)),
    AclEntry(sequence_id=20, forwarding_action=ACCEPT, protocol="icmp", icmp_type=8),
    AclEntry(sequence_id=20, forwarding_action=DROP, source_address="10.0.0.0/8", destination_address="10.1.0.1"),
    AclEntry(sequence_id=30, forwarding_action=DROP),
)
SOME_ENTRIES = st.lists(st.sampled_from(ENTRIES), min_size=1, unique_by=lambda each: each.sequence_id)


NEIGHBORS = (
    BgpNeighbor(address="192.0.2.0", remote_asn=65100, description="spine1"),
    BgpNeighbor(address="192.0.2.0", remote_asn=64601, families=("ipv4", "evpn"), next_hop_self=True),
    BgpNeighbor(address="10.255.0.1", remote_asn=64601, families=("evpn",), route_reflector_client=True),
    BgpNeighbor(address="2001:db8::2", remote_asn=4200000001, families=("ipv6",), ebgp_multihop=3),
)
SOME_NEIGHBORS = st.lists(st.sampled_from(NEIGHBORS), unique_by=lambda each: each.address)


def _bgp(draw: st.DrawFn, red: Project, said: Words) -> list[Record]:
    """How some switches speak BGP."""
    records: list[Record] = []
    for name in draw(some(SWITCHES)):
        neighbors = draw(SOME_NEIGHBORS)
        router_id = draw(among(("", "192.0.2.1" if said.has_clusters else "10.255.1.1")))
        if said.has_clusters and not router_id:
            neighbors = [replace(each, route_reflector_client=False) for each in neighbors]
        fields: dict[str, Any] = {
            "router_id": router_id,
            "maximum_paths": draw(among((0, said.bgp_paths))),
            "networks": draw(among(((), ("10.1.0.0/16", "2001:db8::/64")))),
            "redistribute": draw(among(((), ("connected",), ("connected", "static")))),
            "neighbors": tuple(neighbors),
        }
        records.append(Bgp(id=id_of("bgp", name), name=name, project_id=red.id, asn=64601, **fields))
    return records


TERMS = (
    ClassifierTerm(id="VOICE", acl="WEB", set_dscp=46),
    ClassifierTerm(id="VOICE", dscp=46, set_dscp=34),
    ClassifierTerm(id="APPS", dscp=8, set_dscp=18),
    ClassifierTerm(id="REST", dscp=0, set_dscp=10),
)
SOME_TERMS, SOME_OF_NO_LIST = (
    st.lists(st.sampled_from(terms), unique_by=lambda each: each.id)
    for terms in (TERMS, [each for each in TERMS if not each.acl])
)


def _asked(draw: st.DrawFn, red: Project, said: Words, records: list[Record]) -> list[Record]:
    """An access list on some switches, which some of their routed interfaces ask."""
    devices = draw(some(SWITCHES))
    entries = draw(SOME_ENTRIES)
    if not devices:
        return records
    fields: dict[str, Any] = {"devices": devices, "entries": tuple(entries)}
    made: list[Record] = [Acl(id=id_of("acl", "WEB"), name="WEB", project_id=red.id, **fields)]
    drops = any(each.forwarding_action == DROP for each in entries)
    terms = tuple(draw(SOME_OF_NO_LIST if said.marks_by_filter and drops else SOME_TERMS))
    if terms:
        marking: dict[str, Any] = {"devices": devices, "terms": terms}
        made.append(Classifier(id=id_of("classifier", "EDGE"), name="EDGE", project_id=red.id, **marking))
    for record in records:
        if isinstance(record, Interface) and record.mode == ROUTED and record.device in devices and draw(st.booleans()):
            record = replace(record, **{draw(among(("ingress_acl", "egress_acl"))): "WEB"})
            if terms and not (said.marks_by_filter and record.ingress_acl):
                record = replace(record, ingress_classifier=draw(among(("", "EDGE"))))
        made.append(record)
    return made


def _processes(draw: st.DrawFn, red: Project, said: Words, records: list[Record]) -> list[Record]:
    """OSPF on some switches, and on some of their routed interfaces."""
    made: list[Record] = []
    for on in draw(some(SWITCHES)):
        routed = tuple(
            each.own_name
            for each in records
            if isinstance(each, Interface) and each.device == on and each.mode not in (ACCESS, TRUNK)
        )
        speakers = draw(many(routed)) if routed else ()
        if said.bare_processes and not speakers:
            continue
        fields: dict[str, Any] = {
            "process": 1 if said.bare_processes else draw(among((1, 7))),
            "router_id": draw(among(("", "192.0.2.1"))),
            "passive_default": not said.bare_processes and draw(st.booleans()),
            "redistribute": tuple(each for each in said.redistributed or () if draw(st.booleans())),
            "maximum_paths": None if said.bare_processes else draw(among((None, 4))),
            "interfaces": tuple(
                OspfInterface(
                    interface=each,
                    area=draw(among(("0.0.0.0", "10"))),
                    cost=draw(among((None, 5))),
                    network_type=draw(among(("", *NETWORK_TYPES))),
                    passive=draw(among((None, True, False))),
                )
                for each in speakers
            ),
        }
        made.append(Ospf(id=id_of("ospf", on), name=on, project_id=red.id, device=on, **fields))
    return made


def _trees(draw: st.DrawFn, red: Project, said: Words) -> list[Record]:
    """How some switches speak in spanning trees, and their priority in trees of VLANs and of instances."""
    records: list[Record] = []
    devices = some(SWITCHES, 1)
    vlans, instances = (draw(some(each)) for each in (VLANS, (0, 1, 3)))
    mode = draw(among(("", *said.tree_modes)))
    if said.tied_trees:
        devices = among((draw(devices),))
        vlans, instances = vlans if mode == RAPID_PVST else (), instances if mode == MSTP else ()
    rstp: dict[str, Any] = {"priority": draw(among((0, 32768)))} if mode == RSTP else {}
    for name, fields in (
        ("mode", {"mode": mode, **rstp}),
        ("roots", {"priority": draw(among((4096, 8192))), "vlans": vlans[:2]}),
        ("seconds", {"priority": 61440, "vlans": vlans[2:]}),
        ("instances", {"priority": 4096, "instances": instances}),
    ):
        if all(each not in ("", ()) for each in fields.values()) and (said.tied_trees or draw(st.booleans())):
            on: dict[str, Any] = {"project_id": red.id, "devices": draw(devices)}
            records.append(Stp(id=id_of("stp", name), name=name, **on, **fields))
    return records


SERVICES: tuple[tuple[type[NtpServer | SyslogServer | Route], dict[str, Any]], ...] = (
    (NtpServer, {"name": "clock", "address": "192.0.2.11"}),
    (NtpServer, {"name": "clock of six", "address": "2001:db8::b"}),
    (SyslogServer, {"name": "log", "address": "192.0.2.12"}),
    (SyslogServer, {"name": "log of six", "address": "2001:db8::c"}),
    (Route, {"name": "way out", "destination": "0.0.0.0/0", "nexthop": "10.0.10.9"}),
    (Route, {"name": "second way out", "destination": "0.0.0.0/0", "nexthop": "10.0.10.8"}),
    (Route, {"name": "way of six", "destination": "2001:db8:1::/48", "nexthop": "2001:db8::9"}),
)
"""What a switch may have of its own, in the default VRF."""
SOME_SERVICES = st.lists(st.sampled_from(SERVICES), unique_by=lambda each: each[1]["name"])


def _services(draw: st.DrawFn, red: Project) -> list[Record]:
    """Whom some switches ask and tell, and what they route by hand."""
    records: list[Record] = []
    for kind, fields in draw(SOME_SERVICES):
        devices = draw(some(SWITCHES, 1))
        id = id_of(kind.kind, fields["name"])
        records.append(kind(id=id, project_id=red.id, devices=devices, **fields))
    return records


def _tied(record: Record, records: list[Record]) -> Record:
    """The record, with no edge port where no protocol is declared."""
    if not isinstance(record, Interface) or not record.edge_port:
        return record
    trees = [each for each in records if isinstance(each, Stp) and each.mode not in ("", NO_TREE)]
    runs = any(record.device in each.devices for each in trees)
    return record if runs and record.mode else replace(record, edge_port=None)


CARRIED: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{"mode": ACCESS}, {"mode": TRUNK}, {"mode": TRUNK, "vlans": (10,), "vlan": 10, "mtu": 9000}]
)
"""How a port carries a network."""


def _tunnelled(draw: st.DrawFn, red: Project, driver: str) -> list[Record]:
    """The switches as leaves, and what is tunnelled between them: networks, some of them routed."""
    records: list[Record] = [
        Host(id=id_of("host", name), name=name, target="site", underlay_address=f"10.255.1.{n}",
             physical_networks=draw(among((("dc",), ("dc",) if n == 1 else ()))))
        for n, name in enumerate(SWITCHES, start=1)
    ]  # fmt: skip
    router = Router(id=id_of("router", "edge"), name="edge", project_id=red.id, vni=6001, fabric_vlan=2101,
                    routes=draw(among(((), (HostRoute("192.0.2.0/24", "10.1.0.9"),)))),
                    admin_state_up=draw(st.booleans()))  # fmt: skip
    records += [router] if draw(st.booleans()) else []
    for n in (0, 1):
        network = Network(id=id_of("network", f"tun{n}"), name=f"tun{n}", project_id=red.id, network_type="vxlan",
                          segmentation_id=5000 + n, fabric_vlan=2000 + n, mtu=1450,
                          admin_state_up=MAKES[driver].units_for_networks or draw(st.booleans()))  # fmt: skip
        subnet = Subnet(id=id_of("subnet", f"tun{n}"), name=f"tun{n}", project_id=red.id, network_id=network.id,
                        cidr=f"10.{n + 1}.0.0/24", gateway_ip=f"10.{n + 1}.0.1", enable_dhcp=False,
                        allocation_pools=())  # fmt: skip
        records += [network, subnet]
        if router in records and (n == 0 or draw(st.booleans())):
            records.append(
                Port(id=id_of("port", f"tun{n}"), name=f"tun{n}", project_id=red.id, network_id=network.id,
                     device_owner=ROUTER_INTERFACE, device_id=router.id, port_security_enabled=False,
                     security_groups=(),
                     mac_address=f"02:c0:00:00:00:0{n + 1}",
                     fixed_ips=(FixedIP(subnet_id=subnet.id, ip_address=f"10.{n + 1}.0.1"),))
            )  # fmt: skip
        for name in draw(some(SWITCHES)):
            port = f"{name}/{MAKES[driver].form.format(4 + n)}"
            more = draw(CARRIED)
            records.append(Interface(id=id_of("interface", port), name=port, project_id=red.id,
                                     networks=(network.id,), **more))  # fmt: skip
    return records


def _fields(draw: st.DrawFn, networks: tuple[str, ...], said: Words, names_vlans: bool = False) -> dict[str, Any]:
    """What an Ethernet port says; `names_vlans` is whether a trunk is never one of all VLANs."""
    fields: dict[str, Any] = {
        "mode": draw(among(("", ACCESS, TRUNK, ROUTED))),
        "description": draw(among(WORDS)),
        "mtu": draw(among((0, 0, 9000))),
        "enabled": draw(among((None, True, False))),
    }
    mine = draw(some(networks))
    if fields["mode"] == ACCESS:
        fields |= {"networks": mine[:1]} if mine else {"vlan": draw(among(VLANS))}
    elif fields["mode"] == TRUNK:
        numbers = draw(some(VLANS, int(names_vlans and not mine)))
        fields |= {"networks": mine, "vlans": numbers, "vlan": draw(among((0, 99)))}
    elif fields["mode"] == ROUTED:
        fields["addresses"] = draw(among(tuple(said.addresses[:n] for n in range(len(said.addresses) + 1))))
    if fields["mode"] != ROUTED:
        fields |= {field: draw(among((None, True, False))) for field in ("edge_port", "bpdu_guard")}
    return fields
