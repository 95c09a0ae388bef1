"""A device as it is asked for: where it is, what it speaks, as whom, and what people say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One device. `driver` is one of `cpal.drivers.devices.registry`; `way` how the address is meant (see `Login`).

    `password` and `enable_password` are references, never secrets: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER`,
    `vault:FILE#KEY`; empty for the environment's own. `tags` are words of the user, `groups` the names of groups.
    """

    name: str
    driver: str
    host: str
    user: str = ""
    port: int | None = None
    way: str = ""
    path: str = ""
    password: str = ""
    enable_password: str = ""
    timeout_s: float | None = None
    ssh_config: tuple[str, ...] = ()
    trusted: str = ""
    keys: tuple[str, ...] = ()
    tags: Mapping[str, Any] = {}
    groups: tuple[str, ...] = ()
