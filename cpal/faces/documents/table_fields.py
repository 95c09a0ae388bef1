"""Fields and shapes that the tables of several kinds share."""

from __future__ import annotations

from cpal.faces.documents.scalars import text, truth
from cpal.faces.documents.shapes import Field, ListOf, Shape
from cpal.model.record import Part

DESCRIPTION = Field("description", text("a text", 255, lines=True), "A note for people.", "empty")
TAGS = Field("tags", ListOf(text("a tag", 255)), "Words of the owner's, to find it by.", "none")
NOTES = (DESCRIPTION, TAGS)
WAS = Field(
    "was",
    text("the name it had"),
    "The name this had before: renames it instead of deleting it and making another. May stay afterwards.",
    "not renamed",
)
NAMED = (*NOTES, WAS)
UP = Field("admin_state_up", truth(), "Whether it carries traffic.")


def pair(name: str, first: Field, second: Field, description: str, record: type[Part]) -> Shape:
    """A shape of two fields, both of a record's part."""
    return Shape(name, description, (first, second), record)
