"""The table of fields as a JSON schema, by which editors complete and check documents, and as a page of reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import NODEFAULT
from msgspec.structs import fields

from cpal.faces.documents.scalars import Schema, Single
from cpal.faces.documents.shapes import Either, Field, ListOf, MapOf, Nested, PortsOf, ReferenceTo, Shape, Type
from cpal.faces.documents.table import DOCUMENT
from cpal.model.record import Part

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> Schema:
    """The JSON schema (draft 2020-12) of one document."""
    shapes: dict[str, Shape] = {}
    for shape in _shapes(DOCUMENT):
        assert shapes.setdefault(shape.name, shape) is shape, f"two shapes are called {shape.name}"
    definitions = {name: _object(shape) for name, shape in sorted(shapes.items()) if name != DOCUMENT.name}
    return {"$schema": DRAFT, "title": "cpal document", **_object(DOCUMENT), "$defs": definitions}


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _shapes(shape: Shape) -> Iterator[Shape]:
    yield shape
    for each in shape.fields:
        for inner in _shapes_in(each.type):
            yield from _shapes(inner)


def _shapes_in(type_: Type) -> Iterator[Shape]:
    if isinstance(type_, Nested | PortsOf):
        yield type_.shape
    elif isinstance(type_, ListOf | MapOf):
        yield from _shapes_in(type_.of)
    elif isinstance(type_, Either):
        yield from _shapes_in(type_.single)
        yield from _shapes_in(type_.other)


def _object(shape: Shape) -> Schema:
    properties: dict[str, Any] = {}
    for each in shape.fields:
        properties[each.written] = _property(shape, each)
        for alias in each.aliases:
            properties[alias] = {**each.type.schema(), "description": f"The same as {each.written}."}
    made: Schema = {
        "description": shape.description,
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    needed = [
        {"anyOf": [{"required": [key]} for key in (each.written, *each.aliases)]}
        if each.aliases
        else {"required": [each.written]}
        for each in shape.required
    ]
    return made | ({"allOf": needed} if needed else {})


def _property(shape: Shape, each: Field) -> Schema:
    words, literal = default_words(shape, each), _record_default(shape, each)
    described = {"description": f"{each.description} Default: {words}." if words else each.description}
    shown = {"default": literal} if not each.default and literal is not NODEFAULT else {}
    return each.type.schema() | described | shown


def default_words(shape: Shape, each: Field) -> str:
    """What leaving a field out means; "" where it cannot be."""
    if each.required:
        return ""
    literal = _record_default(shape, each)
    return each.default or ("" if literal is NODEFAULT else json.dumps(literal))


def _record_default(shape: Shape, each: Field) -> Any:
    found = _defaults(shape.record).get(each.name, NODEFAULT) if shape.record else NODEFAULT
    return found if isinstance(found, bool | int | str) and found != "" else NODEFAULT


@cache
def _defaults(record: type[Part]) -> dict[str, Any]:
    """What the fields of a record are where nothing is said."""
    return {field.name: field.default for field in fields(record)}


def reference() -> str:
    """The page of reference: every key of every shape, with what it takes and what leaving it out means."""
    pages = ["# Documents: every key", "", *_INTRODUCTION]
    seen = set()
    for shape in _shapes(DOCUMENT):
        if shape.name not in seen:
            seen.add(shape.name)
            pages += ["", f"## {_title(shape)}", "", shape.description, "", *_rows(shape)]
    return "\n".join(pages) + "\n"


_INTRODUCTION = (
    "Generated from tables in `cpal/faces/documents`, as is the JSON schema for editors: [schema.json](schema.json).",
    "Keys are those of the OpenStack Networking API. Names stand for things: a name is looked up in the document's",
    "project, then among networks that other projects share; `project/name` reaches into another project.",
)


def _title(shape: Shape) -> str:
    return shape.name.replace("_", " ").capitalize()


def _rows(shape: Shape) -> Iterator[str]:
    yield "| key | takes | meaning | left out |"
    yield "|---|---|---|---|"
    for each in shape.fields:
        key = f"`{each.written}`" + "".join(f"<br>`{alias}`" for alias in each.aliases)
        left_out = "must be written" if each.required else default_words(shape, each)
        yield f"| {key} | {_takes(each.type)} | {each.description} | {left_out} |"


def _takes(type_: Type) -> str:
    if isinstance(type_, Single | ReferenceTo):
        return type_.what
    if isinstance(type_, PortsOf):
        return f"list, or mapping by name, of {_link(type_.shape)}"
    if isinstance(type_, Nested):
        return _link(type_.shape)
    if isinstance(type_, ListOf):
        return f"list of: {_takes(type_.of)}"
    if isinstance(type_, MapOf):
        return f"mapping by {type_.what} of: {_takes(type_.of)}" + (", or a list of names" if type_.listed else "")
    return f"{_takes(type_.single)}; or {_takes(type_.other)}" if isinstance(type_, Either) else ""


def _link(shape: Shape) -> str:
    words = f"[{_title(shape).lower()}](#{_title(shape).lower().replace(' ', '-')})"
    return f"{words}, or a word" if shape.word else words
