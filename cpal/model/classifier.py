"""Marking of packets by devices: which DSCP they get as they come in, decided by the first term that they match.

Words: OpenConfig's (openconfig-qos, `classifiers/classifier`, `terms/term`, `actions/remark`).
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Part, Record

DSCPS = range(64)
"""What a DSCP may be. Source: RFC 2474, section 3."""


class ClassifierTerm(Part, frozen=True, kw_only=True, gc=False):
    """What becomes of packets that match it: they get the DSCP `set_dscp`.

    They match where the access list `acl` accepts them, or where they have the DSCP `dscp`: one of the two is said.
    Devices have a term as a class of that name, which is in no other classifier. Source: openconfig-qos,
    `term/config/id`, `conditions/ipv4/config/dscp`, `actions/remark/config/set-dscp`.
    """

    id: str
    set_dscp: int
    acl: str = ""
    dscp: int | None = None

    @property
    def words(self) -> str:
        """What it says."""
        matched = f"DSCP {self.dscp}" if self.dscp is not None else f"what {self.acl} accepts"
        return f"{self.id}: {matched} gets DSCP {self.set_dscp}"


class Classifier(Record, frozen=True, kw_only=True, gc=False, tag="classifier"):
    """What marks packets on some devices, under this record's name; what no term matches stays as it is.

    Interfaces say where it is asked: `Interface.ingress_classifier`. Source: openconfig-qos, `classifier/config`.
    """

    kind: ClassVar[str] = "classifier"
    terms: tuple[ClassifierTerm, ...] = ()
    devices: tuple[str, ...] = ()
