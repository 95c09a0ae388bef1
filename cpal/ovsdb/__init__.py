"""An asyncio client of OVSDB, the database of Open vSwitch and OVN (RFC 7047).

column, values, schema   types, codecs and tables of a schema          pure
rows                     rows as compact records                       pure
ops, results             what a transaction asks and answers           pure
stream                   bytes to JSON messages                        pure
replica, lock            live copies of tables, locks                  no I/O
connection               JSON-RPC over one transport
session                  one server, its role, its schema
client                   what outlives a connection: start here
"""

from cpal.ovsdb.client import Client
from cpal.ovsdb.column import Named, Uuid
from cpal.ovsdb.endpoint import Tls
from cpal.ovsdb.lock import Lock
from cpal.ovsdb.replica import Change, Replica
from cpal.ovsdb.results import OpFault, Result
from cpal.ovsdb.rows import Row, RowCodec
from cpal.ovsdb.schema import Column, Schema, Table, parse_schema

__all__ = [
    "Change",
    "Client",
    "Column",
    "Lock",
    "Named",
    "OpFault",
    "Replica",
    "Result",
    "Row",
    "RowCodec",
    "Schema",
    "Table",
    "Tls",
    "Uuid",
    "parse_schema",
]
