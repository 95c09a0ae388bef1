"""Access lists of devices: what passes an interface, decided by the first entry that a packet matches.

Words: OpenConfig's (openconfig-acl, `acl-set`, `acl-entry`).
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Part, Record
from cpal.model.security import ICMP, TCP, UDP, protocol_number
from cpal.model.target import Range

ACCEPT, DROP = "accept", "drop"
FORWARDING_ACTIONS = (ACCEPT, DROP)
ANY = "any"
_NAMES = {ICMP: "icmp", TCP: "tcp", UDP: "udp", None: ANY}


class AclEntry(Part, frozen=True, kw_only=True, gc=False):
    """What becomes of IPv4 packets that match it; entries are asked in the order of their `sequence_id`.

    Left out, a field matches all: `protocol` "" (a name or number), addresses "" (prefixes, or one address), ports None
    (of TCP and UDP alone), `icmp_type` and `icmp_code` None. Source: openconfig-acl, `acl-entry`; openconfig-icmpv4.
    """

    sequence_id: int
    forwarding_action: str
    protocol: str = ""
    source_address: str = ""
    source_port: Range | None = None
    destination_address: str = ""
    destination_port: Range | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None

    @property
    def words(self) -> str:
        """What it says, beside its number: the same for all that say the same.

        Raises:
            ValueError: it names no protocol.
        """
        number = protocol_number(self.protocol, 4)
        source = _end(self.source_address, self.source_port)
        destination = _end(self.destination_address, self.destination_port)
        said = f"{self.forwarding_action} {_NAMES.get(number, number)} from {source} to {destination}"
        said += f" type {self.icmp_type}" if self.icmp_type is not None else ""
        return said + (f" code {self.icmp_code}" if self.icmp_code is not None else "")


def _end(address: str, ports: Range | None) -> str:
    """One end of what passes."""
    where = address if "/" in address else f"{address}/32" if address else ANY
    if where == "0.0.0.0/0":
        where = ANY
    if ports is None:
        return where
    return f"{where} port {ports.start}" + (f"-{ports.end}" if ports.end != ports.start else "")


class Acl(Record, frozen=True, kw_only=True, gc=False, tag="acl"):
    """An access list of IPv4 on some devices, under this record's name; what no entry matches is dropped.

    Interfaces say where it is asked: `Interface.ingress_acl`, `Interface.egress_acl`. Source: openconfig-acl,
    `acl-set` of type ACL_IPV4.
    """

    kind: ClassVar[str] = "acl"
    entries: tuple[AclEntry, ...] = ()
    devices: tuple[str, ...] = ()
