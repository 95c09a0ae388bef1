"""Names of things as values of attributes. Source: neutron 29.0.0, asked; neutron_lib's `validate_name_string`."""

from __future__ import annotations

from typing import Any
from unicodedata import category

from cpal.faces.neutron.values import NAME, Described, Type, said, schema_of, text

_LETTERS = r"!-~\u00a1-\u00ac\u00ae-\u0377\u3041-\u3096\u4e00-\u9fff\uac00-\ud7a3"
"""Characters that may be at the ends of names: of the usual scripts, for who writes requests."""


def printable() -> Type:
    """A string of printable characters, blank at neither end; as in Neutron, of Unicode's basic plane alone."""
    convert = text(NAME)

    def named(value: Any) -> str:
        found = str(convert(value))
        plain = found.isascii() and found.isprintable() and found == found.strip(" ")
        if not plain and not (found == found.strip() and all(_is_printable(letter) for letter in found)):
            raise ValueError(f"'{said(found)}' is not a valid string")
        return found

    return Described(named, {**schema_of(convert), "pattern": rf"^([{_LETTERS}]([{_LETTERS} ]*[{_LETTERS}])?)?$"})


def _is_printable(letter: str) -> bool:
    """Whether a character may be in a name: what is no control and breaks no line."""
    kind = category(letter)
    return letter < "\uffff" and (kind == "Zs" or kind[0] not in "CZ")
