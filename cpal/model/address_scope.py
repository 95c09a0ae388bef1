"""AddressScope: a space of addresses in which each is there once. Source: Networking API v2.0, address-scopes."""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Record


class AddressScope(Record, frozen=True, kw_only=True, gc=False, tag="address_scope"):
    """Subnet pools of one version of IP that do not overlap, so that what is in them may be routed without translation.

    `shared` is whether every project may put its pools into it.
    """

    kind: ClassVar[str] = "address_scope"
    ip_version: int
    shared: bool = False
