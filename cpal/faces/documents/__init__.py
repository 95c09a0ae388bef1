"""YAML documents in which names stand for things, as declared records, and back.

`load` or `parse` reads documents, `declare` makes the records that they declare in an estate, `told` says where in them
faults are, `dump` writes documents of what an estate holds, `schema` is what editors complete by.
"""

from cpal.faces.documents.declaring import Declaration, declare
from cpal.faces.documents.json_schema import schema, schema_text
from cpal.faces.documents.reading import DEFAULT_PROJECT, Document, Documents, load, parse
from cpal.faces.documents.starter import STARTER
from cpal.faces.documents.telling import locate, told
from cpal.faces.documents.writing import dump

__all__ = (
    "DEFAULT_PROJECT",
    "STARTER",
    "Declaration",
    "Document",
    "Documents",
    "declare",
    "dump",
    "load",
    "locate",
    "parse",
    "schema",
    "schema_text",
    "told",
)
