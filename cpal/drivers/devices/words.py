"""What a make of switches calls things, and how far it goes. Pure data."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from cpal.drivers.devices.render_switch import MOST_OF_VLAN_NAME


class Pairing(NamedTuple):
    """How a make has pairs of switches to which others make one LAG."""

    domains: str
    """A pattern of what a domain may be called."""
    domain: str
    """What that is, in words."""
    largest: int
    """The greatest number of a LAG in its pair."""
    keepalive_vrf: str
    """The VRF in which the other is asked whether it is alive, where nobody says another."""
    lacks: tuple[tuple[str, str], ...] = ()
    """The fields that it has not, each with the reason."""
    ipv6: tuple[str, ...] = ()
    """The fields whose address may be one of IPv6."""


class OspfWords(NamedTuple):
    """How far a make goes with OSPF."""

    names_as: bool = False
    """Whether BGP's routes are redistributed by the number of the AS."""
    most_paths: int | None = 128
    """How many paths of one cost it uses at most; None where it does not say that in OSPF."""
    numbers_once: bool = True
    """Whether two processes of a device have two numbers, also in different VRFs."""


class BgpWords(NamedTuple):
    """How far a make goes with BGP."""

    paths: Collection[int] = ()
    """How many paths to one prefix it takes."""
    description: int | None = None
    """How many characters the description of a neighbour may have; None where nothing documented says so."""
    hops: Collection[int] = range(1, 256)
    """How many hops a neighbour may be away."""
    own_family_in_vrfs: bool = False
    """Whether in a VRF it speaks with a neighbour of the family of its address, and of no other."""


class Words(NamedTuple):
    """What a make calls things, and how far it goes."""

    driver: str
    title: str
    """What people call its system."""
    schemes: tuple[str, ...]
    """How an address of a device may begin, the usual one first."""
    kinds: tuple[str, ...]
    """How the names of interfaces begin."""
    ports: tuple[str, ...]
    """Those of them that may be ports of the switch."""
    mtus: tuple[int, int]
    """The smallest and the largest MTU that it takes, in bytes."""
    logical: tuple[str, ...] = ()
    """How the names of those begin that are there only by being configured."""
    lag: str = ""
    """How the interface of a LAG is called, before its number."""
    least_lag: int = 1
    """The least number that a LAG may have."""
    most_lag: int | None = None
    """The greatest; None where the model of a device says it."""
    vlan_name: int = MOST_OF_VLAN_NAME
    """How many characters the name of a VLAN may have; 0 where that is said otherwise."""
    own_vlans: Collection[int] = ()
    """The VLANs that are always there, under names of the make's own."""
    refuses_lacking_ports: bool = False
    """Whether it takes no line about a port that the device has not."""
    own_vrfs: Collection[str] = ()
    """The VRFs that are always there."""
    vrf_name: int | None = None
    """How many characters the name of a VRF may have; None where nothing documented says so."""
    only_ascii: bool = False
    """Whether its command line takes no signs beyond ASCII."""
    acls_of_ports: tuple[str, ...] = ()
    """Which access lists a port of the switch may have, by the fields of an interface."""
    form: str = ""
    """A pattern that the name of an interface is of, where how it begins does not say enough."""
    has_primary: bool = True
    """Whether one address of IPv4 of an interface is the primary one, and the others are said to be secondary."""
    settings: tuple[str, ...] = ()
    """The kinds of records of devices that are written, beyond VLANs and interfaces."""
    of_routes: tuple[str, ...] = ()
    """What is written of a static route beyond its next hop, by the fields of a route."""
    tree_modes: tuple[str, ...] = ()
    """How its bridges may speak in spanning trees."""
    pairing: Pairing | None = None
    """How it has pairs, where it has."""
    ospf: OspfWords = OspfWords()
    bgp: BgpWords = BgpWords()
    trust: str = ""
    """Why it is not declared which marks of packets an interface trusts."""
    owned: tuple[str, ...] = ()
    """The kinds of which a target may own every setting."""

    @property
    def address(self) -> str:
        """How a device is named as an endpoint."""
        return f"{self.schemes[0]}://USER@ADDRESS"

    def may_name(self, name: str) -> bool:
        """Whether an interface that records tell of may be called so."""
        return self.is_interface(name) and re.fullmatch(self.form or r".*\d", name) is not None

    def is_interface(self, name: str) -> bool:
        """Whether an interface is one that records tell of."""
        return name.startswith(self.kinds)

    def is_logical(self, name: str) -> bool:
        """Whether an interface is there only by being configured."""
        return name.startswith(self.logical)

    def is_port(self, name: str) -> bool:
        """Whether an interface may be a port of the switch."""
        return name.startswith(self.ports) and "." not in name


def listed(names: tuple[str, ...], word: str) -> str:
    """Names in a sentence, with a word before the last."""
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else names[0]
