"""What the server answers to a transaction, and the faults in it.

Source: RFC 7047 section 4.1.3 and 5.2; the error words of ovsdb-server are in RFC 7047 section 3.1 and ovsdb-server(7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cpal.errors import Busy, CpalError, Denied, Moved, Rejected, Unreachable
from cpal.ovsdb.column import Uuid

NO_ROWS = msgspec.Raw(b"[]")


class Result(msgspec.Struct, frozen=True, gc=False):
    """What one operation did: `uuid` of an insert, `count` of an update, mutate or delete, `rows` of a select.

    `rows` is JSON, an array of <row>; `RowCodec.rows` reads it.
    """

    inserted: tuple[str, str] | None = msgspec.field(default=None, name="uuid")
    count: int | None = None
    rows: msgspec.Raw = NO_ROWS
    error: str | None = None
    details: str | None = None

    @property
    def uuid(self) -> Uuid | None:
        """The new row's identity, for an insert."""
        return None if self.inserted is None else Uuid(self.inserted[1])


@dataclass(frozen=True, slots=True)
class OpFault:
    """An operation that failed: its place in the transaction, what it was, and the server's words.

    `index` equals the number of operations when the transaction as a whole failed at its commit; `operation` is then
    empty. The `seen` of the errors raised here.
    """

    index: int
    operation: str
    table: str
    error: str
    details: str


_results = msgspec.json.Decoder(list[Result | None])


def read_results(reply: msgspec.Raw, ops: Sequence[Any], database: str) -> list[Result]:
    """One result for each operation.

    Raises: Moved when a wait saw other rows than it wanted; Busy when an asserted lock is not ours; Denied when the
    server's roles forbid it; Rejected for all other faults; Unreachable, with the outcome unknown, when a cluster could
    not commit or the reply makes no sense. After Moved, Busy, Denied and Rejected nothing of it is done.
    """
    try:
        results = _results.decode(reply)
    except ValueError as fault:
        raise _senseless(database, fault) from fault
    for index, result in enumerate(results):
        if result is not None and result.error is not None:
            raise _fault(index, result, ops, database)
    if len(results) != len(ops) or None in results:
        raise _senseless(database, f"{len(results)} results for {len(ops)} operations")
    return [result for result in results if result is not None]


def _senseless(database: str, why: object) -> Unreachable:
    return Unreachable(f"no reply to this transaction ({why}); whether it was done is unknown", key=database)


def _fault(index: int, result: Result, ops: Sequence[Any], database: str) -> CpalError:
    body = _body(ops[index]) if index < len(ops) else {}
    seen = OpFault(
        index=index,
        operation=str(body.get("op", "")),
        table=str(body.get("table", "")),
        error=result.error or "",
        details=result.details or "",
    )
    kind, message = _KINDS.get(seen.error, (Rejected, f"the database refused: {seen.error}"))
    place = f"operation {index} ({seen.operation})" if body else "commit"
    return kind(
        f"{message}: {seen.details}" if seen.details else message,
        key=f"{database}.{seen.table}" if seen.table else database,
        field=place,
        wanted=body,
        seen=seen,
    )


_KINDS: dict[str, tuple[type[CpalError], str]] = {
    "timed out": (Moved, "the rows are no longer as they were"),
    "not owner": (Busy, "another client holds the lock"),
    "permission error": (Denied, "the server's roles forbid this"),
    "cluster error": (Unreachable, "the cluster could not commit, the outcome is unknown"),
}


def _body(op: Any) -> dict[str, Any]:
    """An operation as a dict, also when it was given as JSON."""
    body = msgspec.json.decode(op) if isinstance(op, msgspec.Raw) else msgspec.to_builtins(op)
    return body if isinstance(body, dict) else {}
