"""Trunk: a port that carries the traffic of others beside its own, each in a VLAN of its own.

Names and semantics: OpenStack Networking API v2.0, resource `trunks`. What a machine sends untagged is its port's; what
it sends in the VLAN of a subport is the subport's, on whatever network that is.
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Claim, Part, Record

SUBPORT_OWNER = "trunk:subport"
"""The role of a port that is a subport: it follows from the trunk, and is stored nowhere else."""
VLAN = "vlan"
"""The one way there is to tell the traffic of subports apart."""


class Subport(Part, frozen=True, gc=False):
    """A port that the trunk carries, and the VLAN (1 to 4094) that the machine at the trunk has it in."""

    port_id: str
    segmentation_id: int
    segmentation_type: str = VLAN


class Trunk(Record, frozen=True, kw_only=True, gc=False, tag="trunk"):
    """The port `port_id` with the subports that it carries.

    A subport is on the host where the trunk's port is. While `admin_state_up` is off, the API changes no subports.
    """

    kind: ClassVar[str] = "trunk"
    port_id: str
    sub_ports: tuple[Subport, ...] = ()
    admin_state_up: bool = True


def trunk_claim(port_id: str) -> Claim:
    """The claim on a port as one of a trunk: it is in one at most, and once."""
    return Claim("trunk", port_id)
