"""Quota: how many of each resource a project may have. Source: Networking API v2.0, quotas."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from cpal.model.record import Record

DEFAULT_LIMITS = {
    "network": 100, "subnet": 100, "port": 500, "router": 10, "floatingip": 50, "security_group": 10,
    "security_group_rule": 100, "subnetpool": -1, "rbac_policy": 10, "trunk": -1, "router_route": 30,
}  # fmt: skip
"""What a project may have where nothing else is said, routes in each of its routers; -1 is without limit.

Source: Neutron's configuration.
"""


class Quota(Record, frozen=True, kw_only=True, gc=False, tag="quota"):
    """The limits of the project `project_id` that differ from the default, by resource; -1 is without limit."""

    kind: ClassVar[str] = "quota"
    limits: dict[str, int] = msgspec.field(default_factory=dict)
