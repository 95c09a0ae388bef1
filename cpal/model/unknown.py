"""What is not known of a record: a value that nobody can look at.

Theory. Whoever declares things wants to hear at once of all that is wrong, and never of something that seems wrong only
because something else is. So what could not be made out stays in its record as UNKNOWN. Whoever asks what it is, what
is in it or whether it equals anything gets NotKnown raised instead of an answer. A decision or a check that rests on it
falls silent thereby, and all others go on. (SQL's NULL and the NaN of IEEE 754 are of this kind, but answer.)
"""

from __future__ import annotations

from functools import cache
from itertools import repeat
from operator import is_
from typing import Any, NoReturn, TypeVar

from msgspec import NODEFAULT
from msgspec.structs import astuple, fields, replace

from cpal.model.network import FixedIP, Port
from cpal.model.record import Record

R = TypeVar("R", bound=Record)


class NotKnown(Exception):
    """Somebody asked for what is not known; caught wherever one question ends and the next begins."""


class _Unknown:
    """The type of UNKNOWN."""

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise NotKnown

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __getattr__(self, name: str) -> NoReturn:
        raise NotKnown

    __bool__ = __int__ = __index__ = __str__ = __format__ = __hash__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __len__ = __iter__ = __contains__ = __getitem__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = _refuse


UNKNOWN: Any = _Unknown()
"""In place of a value that is not known: of a field, or of the address of a `FixedIP`. Only `is` may be asked of it."""


def left_out(value: Any) -> bool:
    """Whether a value is None, which `is` would say of UNKNOWN too.

    Raises:
        NotKnown: it is not known.
    """
    if value is UNKNOWN:
        raise NotKnown
    return value is None


def is_known(record: Record) -> bool:
    """Whether all of the record is known."""
    if any(map(is_, astuple(record), repeat(UNKNOWN))):
        return False
    return not isinstance(record, Port) or all(fixed.ip_address is not UNKNOWN for fixed in record.fixed_ips or ())


def without(record: R, *names: str) -> R:
    """The record with these fields not known."""
    return replace(record, **dict.fromkeys(names, UNKNOWN)) if names else record


def filled(record: R) -> R:
    """The record with something of the right type for what is not known, which claims nothing and refers to nothing."""
    if is_known(record):
        return record
    fillings = _fillings(type(record))
    unknown = (name for name in record.__struct_fields__ if getattr(record, name) is UNKNOWN)
    record = replace(record, **{name: fillings.get(name, record.id) for name in unknown})
    if not isinstance(record, Port) or not record.fixed_ips:
        return record
    fixed_ips = (FixedIP(ip.subnet_id, "" if ip.ip_address is UNKNOWN else ip.ip_address) for ip in record.fixed_ips)
    return replace(record, fixed_ips=tuple(fixed_ips))


@cache
def _fillings(kind: type[Record]) -> dict[str, Any]:
    """What is left out, by field, but for texts: their filling is the record's id, which equals no other text."""
    found: dict[str, Any] = {}
    for field in fields(kind):
        default = field.default_factory() if field.default_factory is not NODEFAULT else field.default
        if default is not NODEFAULT and not isinstance(default, str):
            found[field.name] = default
    return found
