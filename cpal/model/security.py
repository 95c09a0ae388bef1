"""SecurityGroup, its rules, and AddressGroup: who may talk to a port.

Names and semantics: OpenStack Networking API v2.0, resources `security-groups` (extension `stateful-security-group`),
`security-group-rules`, `address-groups`. What no rule allows is denied.
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.address import masked
from cpal.model.record import Record

PROTOCOL_NUMBERS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "icmpv6": 58, "igmp": 2, "ip": 0,
    "ipip": 4, "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60,
    "ipv6-route": 43, "ospf": 89, "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112,
}  # fmt: skip
"""Protocol names that a rule may use, with their numbers. Source: Networking API, security-group-rules `protocol`."""

ICMP, TCP, UDP, ICMPV6, SCTP = 1, 6, 17, 58, 132
PROTOCOLS_WITH_PORTS = frozenset({TCP, UDP, SCTP, 33, 136})
"""Protocols whose rules may name ports: TCP, UDP, SCTP, DCCP, UDP-Lite."""


class SecurityGroup(Record, frozen=True, kw_only=True, gc=False, tag="security_group"):
    """A named set of rules; ports are its members. `stateful` admits replies without a rule."""

    kind: ClassVar[str] = "security_group"
    stateful: bool = True


class Admission(Record, frozen=True, kw_only=True, gc=False):
    """What one direction may carry, as a rule says it, and a template of rules.

    `direction` is `ingress` or `egress`, `ethertype` `IPv4` or `IPv6`; `protocol` a name or number ("" is any).
    `port_range_min` and `port_range_max` are ports, or ICMP type and code. At most one remote is set; none is anyone.
    `remote_ip_prefix` is as somebody wrote it, perhaps with host bits, which mean nothing.
    """

    direction: str
    ethertype: str = "IPv4"
    protocol: str = ""
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str = ""
    remote_group_id: str = ""
    remote_address_group_id: str = ""

    @property
    def ip_version(self) -> int:
        """4 or 6."""
        return 6 if self.ethertype == "IPv6" else 4

    @property
    def normalized_cidr(self) -> str:
        """The remote prefix without host bits; "" for none. Source: extension security-groups-normalized-cidr."""
        return masked(self.remote_ip_prefix) if self.remote_ip_prefix else ""


class SecurityGroupRule(Admission, frozen=True, kw_only=True, gc=False, tag="security_group_rule"):
    """What one direction may carry to or from the ports of a group."""

    kind: ClassVar[str] = "security_group_rule"
    security_group_id: str


class AddressGroup(Record, frozen=True, kw_only=True, gc=False, tag="address_group"):
    """A named set of prefixes that rules refer to."""

    kind: ClassVar[str] = "address_group"
    addresses: tuple[str, ...] = ()


def protocol_number(protocol: str, ip_version: int) -> int | None:
    """The IP protocol number a rule's `protocol` names; None for any. `icmp` over IPv6 is ICMPv6, as in Neutron.

    Raises:
        ValueError: neither a known name nor a number from 0 to 255.
    """
    if protocol in ("", "any"):
        return None
    number = int(protocol) if protocol.isascii() and protocol.isdecimal() else PROTOCOL_NUMBERS.get(protocol, -1)
    if not 0 <= number <= 255:
        raise ValueError(f"no protocol {protocol!r}")
    return ICMPV6 if number == ICMP and ip_version == 6 else number
