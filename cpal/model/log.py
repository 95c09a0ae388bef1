"""Log: what security groups let pass and drop, told at the hypervisors. Source: Networking API v2.0, logs."""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Record

ACCEPT, DROP, ALL = "ACCEPT", "DROP", "ALL"
EVENTS = (ACCEPT, DROP, ALL)


class Log(Record, frozen=True, kw_only=True, gc=False, tag="log"):
    """What hypervisors tell of packets: which security groups let pass, drop, or both, while it is `enabled`.

    `resource_id` is the security group, `target_id` a port, whose groups are meant; with neither, all of its project's.
    """

    kind: ClassVar[str] = "log"
    event: str = ALL
    resource_id: str = ""
    target_id: str = ""
    enabled: bool = True

    @property
    def is_of_project(self) -> bool:
        """Whether it is of all groups of its project."""
        return not (self.resource_id or self.target_id)

    def is_told(self, event: str) -> bool:
        """Whether it tells of this event, ACCEPT or DROP."""
        return self.enabled and self.event in (event, ALL)
