"""The checks that Networking API policies use beside oslo.policy's own, with the semantics of Neutron's.

`field:RESOURCES:NAME=VALUE` compares a field of the target, or matches it when VALUE is `~` and a regular expression;
`project_id:%(KEY)s` asks whether the caller's project owns the target, or the parent that KEY names.

Source: https://docs.openstack.org/neutron/latest/contributor/internals/policy.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping
from operator import attrgetter
from typing import Any, Final

from oslo_policy.policy import Check, Enforcer, register
from oslo_utils.strutils import bool_from_string

from cpal.faces.identity.context import Context

Target = Mapping[str, Any]
"""What is acted on: the resource's attributes with `project_id` and `tenant_id`; those of its parent as
`network:project_id`, `security_group:project_id` or `ext_parent:project_id` (of the floating IP, router, QoS policy or
local IP that it is part of); and `network:shared`, whether its network is shared with the target's project."""

BOOLEANS: Final = frozenset(
    (
        "admin_state_up",
        "all_rules",
        "all_supported",
        "belongs_to_default_sg",
        "default",
        "distributed",
        "dns_publish_fixed_ip",
        "enable_default_route_bfd",
        "enable_default_route_ecmp",
        "enable_dhcp",
        "enable_ndp_proxy",
        "enable_snat",
        "enabled",
        "excluded",
        "ha",
        "is_default",
        "leak_routes",
        "port_security_enabled",
        "project_default",
        "propagate_uplink_status",
        "pvlan",
        "qinq",
        "router:external",
        "shared",
        "stateful",
        "trusted",
        "use_default_subnetpool",
        "vlan_transparent",
    )
)
"""Attributes that are true or false."""

INTEGERS: Final = frozenset(
    (
        "default_prefixlen",
        "default_quota",
        "dscp_mark",
        "evpn_vni",
        "ip_version",
        "max_burst_kbps",
        "max_kbps",
        "max_prefixlen",
        "maximum",
        "min_kbps",
        "min_kpps",
        "min_prefixlen",
        "minimum",
        "mtu",
        "prefixlen",
        "provider:segmentation_id",
        "segmentation_id",
    )
)
"""Attributes that are whole numbers."""


def _value(resources: str, name: str, written: str) -> object:
    """The value that a check names, as the attribute holds it; a resource in the singular is compared as written."""
    convert: Callable[[str], object] = str
    if resources.endswith("s"):
        convert = _boolean if name in BOOLEANS else int if name in INTEGERS else str
    return convert(written)


def _boolean(written: str) -> bool:
    return bool_from_string(written, strict=True)


@register("field")
class FieldCheck(Check):
    """Whether a field of the target has a value.

    A target that has no field `shared` of its own is as shared as its network.

    Raises:
        ValueError: it is not `field:RESOURCES:NAME=VALUE`, or the attribute cannot have that value.
    """

    def __init__(self, kind: str, match: str) -> None:
        super().__init__(kind, match)
        resources, _, named = match.partition(":")
        name, equals, written = named.partition("=")
        if not equals or not name:
            raise ValueError(f"{kind}:{match} is not field:RESOURCES:NAME=VALUE")
        self.pattern = re.compile(written[1:]) if written.startswith("~") else None
        self.value = None if self.pattern else _value(resources, name, written)
        of_network = (resources, name) == ("networks", "shared")
        self.keys = ("shared", "network:shared") if of_network else (name,)

    def __call__(
        self,
        target: Target,
        creds: MutableMapping[str, Any],
        enforcer: Enforcer,
        current_rule: str | None = None,
    ) -> bool:
        """Whether the target's field has the value."""
        seen = next((target[key] for key in self.keys if key in target), None)
        if seen is None:
            return False
        if self.pattern:
            return isinstance(seen, str) and self.pattern.match(seen) is not None
        return bool(seen == self.value)


@register("project_id")
@register("tenant_id")
class OwnerCheck(Check):
    """Whether the caller's project owns the target or a parent of it. A caller without a project owns nothing.

    Raises:
        ValueError: what it compares with is no key of the target.
    """

    def __init__(self, kind: str, match: str) -> None:
        super().__init__(kind, match)
        named = re.fullmatch(r"%\((.+)\)s", match)
        if named is None:
            raise ValueError(f"{kind}:{match} is not {kind}:%(KEY)s")
        self.key = named[1]

    def __call__(
        self,
        target: Target,
        creds: MutableMapping[str, Any],
        enforcer: Enforcer,
        current_rule: str | None = None,
    ) -> bool:
        """Whether the caller's project is the one at the key."""
        return owns(creds["project_id"], target, self.key)


def owns(project_id: str, target: Target, key: str) -> bool:
    """Whether the project is the one that the target names at `key`, spelled with project or with tenant."""
    if not project_id:
        return False
    owner = target.get(key)
    if owner is None:
        owner = target.get(_OTHER_SPELLING.get(key, ""))
    return bool(owner == project_id)


_PARENTS: Final = ("", "network:", "security_group:", "ext_parent:")
_OTHER_SPELLING: Final = {f"{parent}tenant_id": f"{parent}project_id" for parent in _PARENTS} | {
    f"{parent}project_id": f"{parent}tenant_id" for parent in _PARENTS
}


def credentials(context: Context) -> dict[str, Any]:
    """What checks know of the caller, by oslo.context's names."""
    return {
        "user_id": context.user_id or None,
        "user_name": context.user_name or None,
        "user_domain_id": context.user_domain_id or None,
        "project_id": context.project_id or None,
        "tenant_id": context.project_id or None,
        "project_name": context.project_name or None,
        "project_domain_id": context.project_domain_id or None,
        "domain_id": context.domain_id or None,
        "system_scope": context.system_scope or None,
        "roles": list(context.roles),
        "service_roles": list(context.service_roles),
        "is_admin": context.is_admin,
    }


IDENTITY: Final = attrgetter(
    "user_id",
    "user_name",
    "user_domain_id",
    "project_id",
    "project_name",
    "project_domain_id",
    "domain_id",
    "system_scope",
    "roles",
    "service_roles",
)
"""All of a context that `credentials` are made of, as one hashable value."""
