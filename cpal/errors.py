"""The tree of errors: every fault that cpal reports, and what a person can do about it.

    CpalError
    |-- Invalid              what was asked cannot be: bad document, bad value, dangling name
    |   |-- Faults           several faults at once, each with its place
    |   |-- Misplaced        a text that is not the tree it should be; says at which line and column
    |   |-- Unsupported      right in itself, but the target cannot hold it; says why
    |   `-- WireError        bytes that break a protocol's rules
    |-- Unauthenticated      nobody known: no token, or one that is unknown, expired or revoked
    |-- Forbidden            known, but not allowed to do this
    |-- NotFound             no such record, stack, revision, workload
    |-- Conflict             something stands in the way
    |   |-- AlreadyTaken     an address, name, VNI, VLAN that another record holds
    |   |-- Exhausted        a pool has nothing left
    |   |-- NotOwned         a wanted row exists at the target and is not cpal's
    |   |-- Moved            the target changed since the plan was made
    |   |-- Referenced       a deletion that something else still needs
    |   |-- Outdated         a newer cpal keeps the store or the target: this one leaves it alone
    |   `-- Busy             another process holds the store or the target
    |-- Unavailable          something outside does not answer
    |   |-- Unreachable      a target's endpoint
    |   |-- TimedOut         it answered once, but not in time
    |   |-- Missing          a program or kernel feature; says which package has it
    |   |-- Denied           privileges (not root)
    |   `-- Disk             the store cannot be written (disk full, read-only)
    |-- Failed               a step failed; says which state the target is in
    |   |-- Rejected         the backend refused an operation
    |   |-- Unverified       applied, but observation or probes disagree
    |   |-- Unreadable       a device's answer that no parser knows
    |   `-- Partial          half applied; says what is there, the next run heals
    `-- Broken               a fault of cpal itself (a driver broke its contract, a store is damaged)

Each leaf says which key, what was wanted, what was seen, what would help, and whether a retry can.
`EXIT_CODES` maps every class to the exit code of the `cpal` program; a test proves it complete.
"""

from __future__ import annotations

from dataclasses import dataclass


class CpalError(Exception):
    """A fault with its subject, and the way out.

    `message` is one sentence; `key` names the record, row or file it is about; `field` the field of it;
    `wanted` and `seen` what was expected and found; `remedy` what to do next.
    """

    retry = False
    """Whether the same request may succeed later without a change."""

    def __init__(
        self,
        message: str,
        *,
        key: str = "",
        field: str = "",
        wanted: object = None,
        seen: object = None,
        remedy: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.key = key
        self.field = field
        self.wanted = wanted
        self.seen = seen
        self.remedy = remedy

    def __str__(self) -> str:
        subject = ".".join(part for part in (self.key, self.field) if part)
        text = f"{subject}: {self.message}" if subject else self.message
        return f"{text}; {self.remedy}" if self.remedy else text


class Invalid(CpalError):
    """What was asked cannot be."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was asked.

    `place` is `file:line:column` when it came from a document, else empty; `key` the record or document key;
    `field` the field; `problem` what is wrong; `remedy` what would be right. `record` is the kind and id of the record
    it is about, if any; `cause` one of `CAUSES`.
    """

    problem: str
    key: str = ""
    field: str = ""
    place: str = ""
    remedy: str = ""
    record: tuple[str, str] | None = None
    cause: str = "invalid"

    def __str__(self) -> str:
        subject = ".".join(part for part in (self.key, self.field) if part)
        text = ": ".join(part for part in (self.place, subject, self.problem) if part)
        return f"{text}; {self.remedy}" if self.remedy else text


CAUSES = ("invalid", "incomplete", "taken", "referenced", "exhausted", "foreign", "ineffective")
"""Why a fault is one: the value cannot be, was not completed, belongs to another record, others still need it, nothing
is left of what it was to be taken from, it is another project's, or nothing would come of it."""
LENIENT = ("foreign", "ineffective")
"""Causes that an API lets pass: whose is whose its policy decides, and what nothing comes of it keeps and shows."""


class Faults(Invalid):
    """Several faults at once; `faults` holds each with its place."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class Misplaced(Invalid):
    """A text that is not the tree it should be, with the line and column (from 1) of what is wrong."""

    def __init__(self, message: str, line: int, column: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.line = line
        self.column = column


class Unsupported(Invalid):
    """Right in itself, but the target cannot hold it."""


class WireError(Invalid):
    """Bytes that break a protocol's rules; the message says which."""


class Unauthenticated(CpalError):
    """Nobody known asks: no token, or one that is unknown, expired or revoked."""


class Forbidden(CpalError):
    """Who asks is known, and not allowed to do this."""


class NotFound(CpalError):
    """No such record, stack, revision or workload."""


class Conflict(CpalError):
    """Something stands in the way."""


class AlreadyTaken(Conflict):
    """A unique thing (address, name, VNI, VLAN) that another record holds."""


class Exhausted(Conflict):
    """A pool has nothing left."""


class NotOwned(Conflict):
    """A wanted row exists at the target and is not cpal's."""


class Moved(Conflict):
    """The target changed since the plan was made."""

    retry = True


class Referenced(Conflict):
    """A deletion that something else still needs."""


class Outdated(Conflict):
    """A newer cpal keeps the store or the target, and this one leaves it alone."""


class Busy(Conflict):
    """Another process holds the store or the target."""

    retry = True


class Unavailable(CpalError):
    """Something outside cpal does not answer."""

    retry = True


class Unreachable(Unavailable):
    """A target's endpoint does not answer."""


class TimedOut(Unavailable):
    """It answered once, but not in time."""


class Missing(Unavailable):
    """A program, package or kernel feature is not there."""

    retry = False


class Denied(Unavailable):
    """Not privileged enough."""

    retry = False


class Disk(Unavailable):
    """The store cannot be written: disk full, read-only, not permitted."""


class Failed(CpalError):
    """A step failed; the message says which state the target is in."""


class Rejected(Failed):
    """The backend refused an operation; nothing of its transaction was done."""


class Unverified(Failed):
    """Applied, but observation or probes disagree."""


class Unreadable(Failed):
    """A device's answer that no parser knows: it is named, and never guessed at."""


class Partial(Failed):
    """Half applied; the message says what is there. The next run heals."""

    retry = True


class Broken(CpalError):
    """A fault of cpal itself: a driver broke its contract, a store is damaged."""


EXIT_CODES: dict[type[CpalError], int] = {
    Invalid: 3,
    Faults: 3,
    Misplaced: 3,
    Unsupported: 4,
    WireError: 3,
    Unauthenticated: 15,
    Forbidden: 16,
    NotFound: 5,
    Conflict: 6,
    AlreadyTaken: 6,
    Exhausted: 6,
    NotOwned: 7,
    Moved: 8,
    Referenced: 6,
    Outdated: 6,
    Busy: 9,
    Unavailable: 10,
    Unreachable: 10,
    TimedOut: 11,
    Missing: 12,
    Denied: 13,
    Disk: 14,
    Failed: 20,
    Rejected: 20,
    Unverified: 21,
    Partial: 22,
    Unreadable: 23,
    Broken: 70,
    CpalError: 1,
}
"""Exit code of the `cpal` program for each class; 0 is done, 1 any other failure, 2 differences found or bad usage."""
