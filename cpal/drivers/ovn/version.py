"""Which OVN it is that realises what is written, and what an older one would get wrong.

The schema does not say: what is asked for in `options` an older northd reads otherwise, or not at all. But northd
leaves its version, `22.03.8-20.21.0-58.3`, in `NB_Global options:northd_internal_version`; the first part is OVN's
release.

Source: ovn-nb(5), Logical_Switch_Port `options:requested-chassis`; OVN's NEWS, v22.09.0 (a list of chassis there, and
`options:activation-strategy`), v22.06.0 (NAT on routers with several gateways); `ovn_get_internal_version` in OVN's
lib/ovn-util.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from cpal.core.rows import Op, Row
from cpal.errors import Unsupported
from cpal.ovsdb.client import Client
from cpal.ovsdb.ops import select
from cpal.ovsdb.rows import RowCodec

LEFT_BY_NORTHD = "northd_internal_version"
_RELEASE = re.compile(r"(\d+)\.(\d+)[^-]*")


class _Newer(NamedTuple):
    """What rows ask that OVN does since a release: what one before does of it, as the end of a sentence on it."""

    is_asked: Callable[[Row], bool]
    release: tuple[int, int]
    before: str
    whose: str
    field: str
    otherwise: str


def _is_at_two(row: Row) -> bool:
    """To an OVN before, the two are one name."""
    options = row.columns.get("options") if row.key.table == "Logical_Switch_Port" else None
    return isinstance(options, dict) and "," in options.get("requested-chassis", "")


def _is_at_one_gateway(row: Row) -> bool:
    """The schema of an OVN before has no such column."""
    return row.key.table == "NAT" and bool(row.columns.get("gateway_port"))


_SINCE = (
    _Newer(
        _is_at_two, (22, 9), "binds a port to one hypervisor; since 22.09 it can be at two while its machine moves",
        "port", "binding_profile", "stop the machine and move it then",
    ),
    _Newer(
        _is_at_one_gateway, (22, 6), "translates no addresses at a router with several gateways; since 22.06 it does",
        "translation of", "external_gateways", "leave the router one gateway",
    ),
)  # fmt: skip


async def refuse(northbound: Client, ops: Iterable[Op]) -> None:
    """Let the ops pass, unless the OVN that runs there is known to be too old for one of them.

    Raises:
        Unsupported: it is, and which it is.
        Unreachable, TimedOut: the database does not answer.
    """
    asked = list(newer(ops))
    found = _RELEASE.match(await _release(northbound)) if asked else None
    for since, row in asked if found else ():
        if found and (int(found[1]), int(found[2])) < since.release:
            wanted = "{}.{:02}".format(*since.release)
            raise Unsupported(
                f"OVN {found[0]} {since.before}",
                key=f"{since.whose} {row.key.name}",
                field=since.field,
                wanted=wanted,
                seen=found[0],
                remedy=f"upgrade ovn-northd and each ovn-controller to {wanted} or later, or {since.otherwise}",
            )


def newer(ops: Iterable[Op]) -> Iterator[tuple[_Newer, Row]]:
    """What the ops ask that older releases get wrong, with the rows that ask it."""
    rows = [op.after for op in ops if op.after is not None]
    return ((since, row) for row in rows for since in _SINCE if since.is_asked(row))


async def _release(northbound: Client) -> str:
    """What northd says of itself; nothing where none has ever run."""
    table = northbound.schema.table("NB_Global")
    [result] = await northbound.transact([select(table, [], ("options",))])
    rows: list[Any] = RowCodec(table, ("options",)).rows(result.rows)
    return next((row.options.get(LEFT_BY_NORTHD, "") for row in rows), "")
