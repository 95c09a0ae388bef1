"""SubnetPool: prefixes that projects get their subnets from.

Names and semantics: OpenStack Networking API v2.0, resource `subnetpools`; extensions `subnet_allocation`,
`default-subnetpools`. What is taken of a pool is what the subnets with its id (`Subnet.subnetpool_id`) have.
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Record

ADDRESS_BITS = {4: 32, 6: 128}
"""How long an address is, and so the longest prefix, by version of IP."""
SHORTEST_PREFIXLEN = {4: 8, 6: 64}
"""The length of the shortest prefix that a pool gives, where nothing else is said."""
QUOTA_PREFIXLEN = {4: 32, 6: 64}
"""The length of the prefix that counts as one in a pool's quota. Source: Networking API, `default_quota`."""


class SubnetPool(Record, frozen=True, kw_only=True, gc=False, tag="subnet_pool"):
    """Prefixes of one version of IP, joined where they can be, that subnets are allocated from.

    A subnet gets a prefix of `default_prefixlen`, or asks for one from `min_prefixlen` to `max_prefixlen`.
    `default_quota` is how much of it one project may have, counted in /32 or in /64 (None: all). `is_default` is
    the pool of its version for those who name none; `shared`, whether every project may use it.
    """

    kind: ClassVar[str] = "subnet_pool"
    prefixes: tuple[str, ...]
    min_prefixlen: int
    max_prefixlen: int
    default_prefixlen: int
    default_quota: int | None = None
    address_scope_id: str = ""
    shared: bool = False
    is_default: bool = False

    @property
    def ip_version(self) -> int:
        """4 or 6."""
        return 6 if any(":" in prefix for prefix in self.prefixes) else 4
