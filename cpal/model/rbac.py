"""RbacPolicy: what a project grants others on one thing of its own. Source: Networking API v2.0, rbac-policies.

A thing that is `shared` is granted to everyone without a record of it; so is an external network that no policy names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cpal.model.record import Claim, Record

SHARED, EXTERNAL = "access_as_shared", "access_as_external"
EVERYONE = "*"
"""The target of a policy for all projects."""
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "network": (SHARED, EXTERNAL),
    "security_group": (SHARED,),
    "address_group": (SHARED,),
    "address_scope": (SHARED,),
    "subnet_pool": (SHARED,),
    "qos_policy": (SHARED,),
}
"""The kinds of record that can be granted, and for what."""


class RbacPolicy(Record, frozen=True, kw_only=True, gc=False, tag="rbac_policy"):
    """The project `target_project`, or everyone, may use a thing: as its own, or as the network outside.

    `object_type` is the kind of the record `object_id`; `action` one of `ACTIONS`.
    """

    kind: ClassVar[str] = "rbac_policy"
    object_type: str
    object_id: str
    action: str
    target_project: str


def grant(object_id: str, action: str, target_project: str) -> Claim:
    """The claim of a policy: nothing is granted twice, and whether it is granted is found at once."""
    return Claim("grant", f"{object_id} {action} {target_project}")
