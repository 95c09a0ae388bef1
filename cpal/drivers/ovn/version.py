"""Which OVN it is that realises what is written, and what an older one would get wrong.

The schema does not say: what is asked for in `options` an older northd reads otherwise, or not at all. But northd
leaves its version, `22.03.8-20.21.0-58.3`, in `NB_Global options:northd_internal_version`; the first part is OVN's
release.

Source: ovn-nb(5), Logical_Switch_Port `options:requested-chassis`; OVN's NEWS, v22.09.0 (a list of chassis there, and
`options:activation-strategy`); `ovn_get_internal_version` in OVN's lib/ovn-util.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cpal.core.rows import Op
from cpal.errors import Unsupported
from cpal.ovsdb.client import Client
from cpal.ovsdb.ops import select
from cpal.ovsdb.rows import RowCodec

SEVERAL_CHASSIS = (22, 9)
"""The first release in which a port may be asked for at two hypervisors; to one before, the two are one name."""
LEFT_BY_NORTHD = "northd_internal_version"
_RELEASE = re.compile(r"(\d+)\.(\d+)[^-]*")


async def refuse(northbound: Client, ops: Iterable[Op]) -> None:
    """Let the ops pass, unless the OVN that runs there is known to be too old for one of them.

    Raises:
        Unsupported: it is, and which it is.
        Unreachable, TimedOut: the database does not answer.
    """
    moving = first_newer(ops)
    if moving is None:
        return
    release = await _release(northbound)
    found = _RELEASE.match(release)
    if found and (int(found[1]), int(found[2])) < SEVERAL_CHASSIS:
        raise Unsupported(
            f"OVN {found[0]} binds a port to one hypervisor; since 22.09 it can be at two while its machine moves",
            key=f"port {moving.key.name}",
            field="binding_profile",
            wanted="22.09",
            seen=found[0],
            remedy="upgrade ovn-northd and each ovn-controller to 22.09 or later, or stop the machine and move it then",
        )


def first_newer(ops: Iterable[Op]) -> Op | None:
    """The first op that an older OVN would get wrong."""
    return next((op for op in ops if op.after is not None and _is_at_two(op)), None)


def _is_at_two(op: Op) -> bool:
    if op.key.table != "Logical_Switch_Port":
        return False
    options = op.after.columns.get("options") if op.after else None
    return isinstance(options, dict) and "," in options.get("requested-chassis", "")


async def _release(northbound: Client) -> str:
    """What northd says of itself; nothing where none has ever run."""
    table = northbound.schema.table("NB_Global")
    [result] = await northbound.transact([select(table, [], ("options",))])
    rows: list[Any] = RowCodec(table, ("options",)).rows(result.rows)
    return next((row.options.get(LEFT_BY_NORTHD, "") for row in rows), "")
