"""Random valid estates of VLANs, networks and interfaces on two switches of a make, for properties.

Ids follow from names, so that two drawn estates share records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from cpal.model.check import check
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.network import Network
from cpal.model.record import Record
from cpal.model.switch import ACCESS, ROUTED, TRUNK, Interface, Vlan
from cpal.model.target import Project, Target
from tests.support.world import id_of

SWITCHES = ("leaf1", "leaf2")


class Words(NamedTuple):
    """What a make calls its ports and the interface of VLAN 10, and names that its VLANs may have, by number."""

    ports: tuple[str, ...]
    routing: str
    names: Callable[[int], tuple[str, ...]] = lambda number: (f"vlan{number}", "of two words")
    addresses: tuple[str, ...] = ("192.0.2.1/31",)


MAKES: Mapping[str, Words] = {
    "eos": Words(("Ethernet1", "Ethernet2", "Ethernet3"), "Vlan10"),
    "ios": Words(("GigabitEthernet0/1", "GigabitEthernet0/2", "GigabitEthernet0/3"), "Vlan10"),
    "nxos": Words(("Ethernet1/1", "Ethernet1/2", "Ethernet1/3"), "Vlan10"),
    "junos": Words(
        ("ge-0/0/1", "ge-0/0/2", "ge-0/0/3"), "irb.10", lambda number: (f"vlan{number}", f"of words {number}"),
        ("192.0.2.1/31", "2001:db8::1/64"),
    ),
}  # fmt: skip
"""The drivers whose targets are switches."""
VLANS, NETWORKS = (10, 11, 12), (20, 21)
WORDS = ("", "to h1", "rack 7")


@st.composite
def switch_estates(draw: st.DrawFn, driver: str = "eos") -> Estate:
    """Estates with nothing wrong, of what switches of this make have."""
    said = MAKES[driver]
    red = Project(id=id_of("project", "red"), name="red")
    endpoints = {name: f"{driver}://admin@{name}" for name in SWITCHES}
    records: list[Record] = [red, Target(id=id_of("target", "site"), name="site", driver=driver, endpoints=endpoints)]
    networks = draw(st.lists(st.sampled_from(NETWORKS), unique=True))
    records += [
        Network(id=id_of("network", f"net{n}"), name=f"net{n}", project_id=red.id, network_type="vlan",
                physical_network="dc", segmentation_id=n, mtu=1500)
        for n in networks
    ]  # fmt: skip
    for n in draw(st.lists(st.sampled_from(VLANS), min_size=1, unique=True)):
        devices = tuple(draw(st.lists(st.sampled_from(SWITCHES), min_size=1, unique=True)))
        name = draw(st.sampled_from(said.names(n)))
        records.append(Vlan(id=id_of("vlan", str(n)), name=name, project_id=red.id, vlan_id=n, devices=devices))
    for name in draw(
        st.lists(st.sampled_from([f"{on}/{port}" for on in SWITCHES for port in said.ports]), unique=True)
    ):
        fields = draw(_fields([id_of("network", f"net{n}") for n in networks], said.addresses))
        records.append(Interface(id=id_of("interface", name), name=name, project_id=red.id, **fields))
    for name in draw(st.lists(st.sampled_from([f"{on}/{said.routing}" for on in SWITCHES]), unique=True)):
        fields = {"addresses": draw(st.sampled_from(((), ("10.0.10.1/24",)))), "mtu": draw(st.sampled_from((0, 1600)))}
        records.append(Interface(id=id_of("interface", name), name=name, project_id=red.id, **fields))
    estate = EMPTY.replace([Change(None, record) for record in records])
    assert check(estate) == (), check(estate)
    return estate


@st.composite
def _fields(draw: st.DrawFn, networks: list[str], addresses: tuple[str, ...]) -> dict[str, Any]:
    """What an Ethernet port says."""
    fields: dict[str, Any] = {
        "mode": draw(st.sampled_from(("", ACCESS, TRUNK, ROUTED))),
        "description": draw(st.sampled_from(WORDS)),
        "mtu": draw(st.sampled_from((0, 0, 9000))),
        "enabled": draw(st.sampled_from((None, True, False))),
    }
    some = tuple(draw(st.lists(st.sampled_from(networks), unique=True))) if networks else ()
    if fields["mode"] == ACCESS:
        fields |= {"networks": some[:1]} if some else {"vlan": draw(st.sampled_from(VLANS))}
    elif fields["mode"] == TRUNK:
        numbers = tuple(draw(st.lists(st.sampled_from(VLANS), unique=True)))
        fields |= {"networks": some, "vlans": numbers, "vlan": draw(st.sampled_from((0, 99)))}
    elif fields["mode"] == ROUTED:
        fields["addresses"] = draw(st.sampled_from(tuple(addresses[:n] for n in range(len(addresses) + 1))))
    return fields
