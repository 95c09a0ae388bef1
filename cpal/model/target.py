"""Where records are realised: targets, their hosts, what lies outside, and the decisions of placement."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from cpal.model.record import Part, Record

TUNNEL_OVERHEAD = {"geneve": (58, 78), "vxlan": (50, 70), "nvgre": (42, 62), "stt": (72, 92)}
"""Bytes that a tunnel adds to an IP packet, over IPv4 and IPv6; Geneve with OVN's option. Source: RFC 8926, RFC 7348,
RFC 7637, draft-davie-stt-08."""


class Range(Part, frozen=True, gc=False):
    """Numbers from `start` to `end`, both included."""

    start: int
    end: int


class Target(Record, frozen=True, kw_only=True, gc=False, tag="target"):
    """A place where records are realised: a driver, its endpoints, credentials by reference.

    `credential` refers to what `ssl:` endpoints need: `file:DIRECTORY` with key.pem, cert.pem and ca.pem.
    `endpoints` by role (`northbound`, `southbound` for OVN), each a comma-separated list. `encap` is the tunnel that
    its hypervisors use; `underlay_mtu` in bytes and `underlay_ip_version` bound the MTU of overlay networks.
    `vni_range` and `vlan_ranges` (per physical network) are what may be allocated. `owned` names kinds of records: all
    such settings of its devices are then cpal's, and what is not declared goes.
    """

    kind: ClassVar[str] = "target"
    driver: str
    endpoints: dict[str, str] = msgspec.field(default_factory=dict)
    credential: str = ""
    encap: str = "geneve"
    underlay_mtu: int = 1500
    underlay_ip_version: int = 4
    vni_range: Range = Range(1001, 16_777_215)
    vlan_ranges: dict[str, Range] = msgspec.field(default_factory=dict)
    owned: tuple[str, ...] = ()

    def overlay_mtu(self, network_type: str) -> int:
        """The largest IP packet, in bytes, that a network of this type carries unfragmented over the underlay."""
        overhead = TUNNEL_OVERHEAD.get(network_type, (0, 0))
        return self.underlay_mtu - overhead[self.underlay_ip_version == 6]


class Host(Record, frozen=True, kw_only=True, gc=False, tag="host"):
    """A hypervisor of a target: `name` is its chassis; it can host gateways of the named physical networks.

    Or a leaf of a fabric: `anycast_mac` is the MAC address of its gateways, which all leaves must have alike; "" is
    cpal's.
    """

    kind: ClassVar[str] = "host"
    target: str
    physical_networks: tuple[str, ...] = ()
    gateway: bool = True
    underlay_address: str = ""
    anycast_mac: str = ""


class OutsideHost(Record, frozen=True, kw_only=True, gc=False, tag="outside_host"):
    """A machine beyond the estate, on a physical network (untagged, or in a VLAN): what the world looks like to it.

    `addresses` are interface addresses with prefix length; `loopbacks` further addresses behind it, without.
    """

    kind: ClassVar[str] = "outside_host"
    target: str
    physical_network: str
    segmentation_id: int | None = None
    addresses: tuple[str, ...] = ()
    loopbacks: tuple[str, ...] = ()
    mac_address: str = ""


ANSWERING = "answering"
"""The role of a placement that says which hosts answer a port that is handed through, such as its DHCP."""
GATEWAY = "gateway"
"""The role of a placement of a router's gateway."""


class Placement(Record, frozen=True, kw_only=True, gc=False, tag="placement"):
    """Where something runs, decided once and kept: `role` (`gateway`) of `subject_id` on `hosts`, the best first.

    Of a router with several gateways, `port_id` is the port of the one that is placed; "" is the first.
    """

    kind: ClassVar[str] = "placement"
    role: str
    subject_id: str
    hosts: tuple[str, ...] = ()
    port_id: str = ""


class Project(Record, frozen=True, kw_only=True, gc=False, tag="project"):
    """An owner of records; names are unique within it."""

    kind: ClassVar[str] = "project"
