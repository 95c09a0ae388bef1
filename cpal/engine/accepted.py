"""Requests to write that are accepted, and on their way to the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cpal.core.rows import Op
from cpal.engine.request import Request
from cpal.engine.site import Site


class Accepted(NamedTuple):
    """Requests whose revisions are accepted up to `revision`, and what is to be done at the targets that answer.

    Ops that are None are to be found out by a look at the target.
    """

    requests: Sequence[Request]
    ops: Mapping[Site, Sequence[Op] | None]
    revision: int

    @property
    def overlaps(self) -> bool:
        """Whether those after these can be planned while they are brought to a target, which is then the only one."""
        return len(self.ops) == 1 and all(ops and site.may_overlap for site, ops in self.ops.items())

    def joined(self, more: Accepted | None = None) -> Accepted:
        """These and those after, where the target is not as they were planned for: it is to be looked at."""
        requests = [*self.requests, *(more.requests if more else ())]
        return Accepted(requests, dict.fromkeys(self.ops), more.revision if more else self.revision)
