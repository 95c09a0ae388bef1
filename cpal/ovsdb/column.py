"""Column types of an OVSDB schema, and the column's place in its table.

A column holds from `minimum` to `maximum` keys, each with a value when `value` is given. Four shapes follow:

    scalar     exactly one key, no values
    optional   none or one key, no values
    set        any other number of keys, no values
    map        keys with values

Source: RFC 7047 section 3.2, <type>, <base-type>, <column-schema>.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, NewType

Uuid = NewType("Uuid", str)
"""A row's identity as 36 lower-case characters. A plain `str` at run time: replicas hold hundreds of thousands."""


class Named(str):
    """The name of a row that the same transaction inserts; stands where a `Uuid` is wanted (<named-uuid>)."""

    __slots__ = ()


Kind = Literal["integer", "real", "boolean", "string", "uuid"]
Atom = int | float | bool | str
"""One key or value of a column; a uuid is a `str`."""


class Shape(Enum):
    """How many atoms a column holds, and hence its form in Python."""

    SCALAR = "scalar"
    OPTIONAL = "optional"
    SET = "set"
    MAP = "map"


@dataclass(frozen=True, slots=True)
class BaseType:
    """The type of one atom: its kind, the values it may take, the table it refers to.

    `lowest` and `highest` bound a number's value or a string's length, None where unbounded.
    `strong` says whether a reference keeps the row it names alive.
    """

    kind: Kind
    enum: tuple[Atom, ...] | None = None
    lowest: int | float | None = None
    highest: int | float | None = None
    ref_table: str | None = None
    strong: bool = True


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column; `maximum` None means unlimited."""

    key: BaseType
    value: BaseType | None = None
    minimum: int = 1
    maximum: int | None = 1

    @property
    def shape(self) -> Shape:
        """The form its values take in Python."""
        if self.value is not None:
            return Shape.MAP
        if self.maximum != 1:
            return Shape.SET
        return Shape.SCALAR if self.minimum == 1 else Shape.OPTIONAL
