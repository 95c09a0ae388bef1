"""YAML documents in which names stand for things, as declared records, and back.

`load` or `parse` reads documents, `declare` makes the records that they declare in an estate, `locate` says where in
them a fault is.
"""

from cpal.faces.documents.declare import Declaration, declare, locate
from cpal.faces.documents.reading import DEFAULT_PROJECT, Document, Documents, load, parse
from cpal.faces.documents.starter import STARTER

__all__ = ("DEFAULT_PROJECT", "STARTER", "Declaration", "Document", "Documents", "declare", "load", "locate", "parse")
