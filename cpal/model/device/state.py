"""What every type of device state is: a frozen value that compares by content."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a device told."""


class Status(StrEnum):
    """Whether something runs. Source: openconfig-interfaces, `admin-status` and `oper-status`."""

    UP = "UP"
    DOWN = "DOWN"
