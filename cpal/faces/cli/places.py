"""Where records were declared, for plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cpal.model.record import Key

if TYPE_CHECKING:
    from cpal.faces.documents.declaring import Declaration

Places = Mapping[Key, str]
"""`file:line` by record."""


def places_of(declaration: Declaration | None) -> Places:
    """Where documents declare each record; nothing for no documents."""
    if declaration is None:
        return {}
    return {key: place.rpartition(":")[0] for (key, field), place in declaration.places.items() if not field}
