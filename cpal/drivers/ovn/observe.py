"""Reading the Northbound database: one transaction of selects, then rows in exactly the form that render gives them.

The server picks our rows by tag, and of the others returns only names, so that a database shared with Neutron costs
what cpal has in it. A row's place is known from its container's set of references. Members of a set that are not our
rows (a foreign port in our port group, a foreign rule) are others' and left alone; plain values (addresses, DNS
entries) in our rows are ours.

Two rows with the same tags (a copy made by hand): the one with the UUID that follows from the tags counts, else the
lowest UUID; the others are ours too and nobody wants them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cpal.core.driver import Seen
from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.ovn.render.names import PREFIX
from cpal.drivers.ovn.tables import SHARED_COLUMN, TABLES
from cpal.drivers.ovn.tags import OWNER, ROW, Tags, maker, ours, record_key
from cpal.ovsdb.column import Shape
from cpal.ovsdb.ops import Op, condition, select
from cpal.ovsdb.results import Result
from cpal.ovsdb.rows import RowCodec
from cpal.ovsdb.schema import Schema

Record = Any
"""A row as the client reads it: an attribute for each column, `_uuid` among them."""

NAMED = (
    "Address_Set", "Port_Group", "Logical_Switch", "Logical_Router", "Logical_Router_Port", "Gateway_Chassis",
    "Logical_Switch_Port",
)  # fmt: skip
"""Tables in which a row of others can stand where we want one of that name."""


class Observation(NamedTuple):
    """What was read: the rows, the UUID of each row that is not an edge, and whether NB_Global has its row."""

    seen: Seen
    uuids: dict[RowKey, str]
    initialised: bool


class Reader:
    """Reads the rows of one owner from databases with this schema."""

    def __init__(self, schema: Schema, tags: Tags) -> None:
        self.tags = tags
        self._schema = schema
        self._forms = {name: _Form(schema, name) for name, table in TABLES.items() if not table.edge}
        self._named = {name: RowCodec(schema.table(name), ("name", SHARED_COLUMN)) for name in NAMED}
        self._global = RowCodec(schema.table("NB_Global"), (SHARED_COLUMN,))

    def request(self) -> list[Op]:
        """The operations whose results `read` takes."""
        mine = {OWNER: self.tags.owner}
        ops = []
        for name, form in self._forms.items():
            table = self._schema.table(name)
            where = [condition(table, SHARED_COLUMN, "includes", mine)]
            ops.append(select(table, where, ("_uuid", *form.codec.columns)))
        for name in NAMED:
            table = self._schema.table(name)
            where = [condition(table, SHARED_COLUMN, "excludes", mine)]
            ops.append(select(table, where, ("name", SHARED_COLUMN)))
        return [*ops, select(self._schema.table("NB_Global"), [], (SHARED_COLUMN,))]

    def read(self, results: Sequence[Result]) -> Observation:
        """The observation in the results of `request`."""
        forms = self._forms
        owned = {name: forms[name].codec.rows(result.rows) for name, result in zip(forms, results, strict=False)}
        others = results[len(forms) : -1]
        keys: dict[str, RowKey] = {
            record._uuid: key for name, found in owned.items() for key, record in self._identify(name, found)
        }
        places = self._places(owned, keys)
        rows: dict[RowKey, Row] = {}
        for name, found in owned.items():
            self._forms[name].decode(found, keys, places, rows)
        for name, found in owned.items():
            self._forms[name].decode_edges(found, keys, rows)
        cells = self._global.rows(results[-1].rows)
        revision = self.tags.revision(cells[0][SHARED_COLUMN]) if cells else 0
        uuids = {key: uuid for uuid, key in keys.items()}
        return Observation(Seen(rows, self._foreign(others), revision), uuids, bool(cells))

    def _identify(self, table: str, found: Sequence[Record]) -> Iterable[tuple[RowKey, Record]]:
        by_name: dict[str, Record] = {}
        for record in found:
            name = record.external_ids.get(ROW) or f"unnamed {record._uuid}"
            other = by_name.setdefault(name, record)
            if other is not record:
                first, second = self._preferred(RowKey(table, name), other, record)
                by_name[name] = first
                by_name[f"{name} copy {second._uuid}"] = second
        return ((RowKey(table, name), record) for name, record in by_name.items())

    def _preferred(self, key: RowKey, one: Record, two: Record) -> tuple[Record, Record]:
        derived = self.tags.uuid(key)
        first, second = sorted((one, two), key=lambda record: (record._uuid != derived, record._uuid))
        return first, second

    def _places(self, owned: Mapping[str, Sequence[Record]], keys: Mapping[str, RowKey]) -> dict[str, RowKey | None]:
        """Where each contained row is, by its UUID; None when it is in two places, so that neither seems right."""
        places: dict[str, RowKey | None] = {}
        for name, found in owned.items():
            for column in self._forms[name].containers:
                for record in found:
                    held = record[column]
                    twice = [uuid for uuid in held if uuid in places]
                    places.update(dict.fromkeys(held, keys[record._uuid]))
                    places.update(dict.fromkeys(twice))
        return places

    def _foreign(self, results: Sequence[Result]) -> dict[RowKey, str]:
        foreign = {}
        for table, result in zip(NAMED, results, strict=True):
            for record in self._named[table].rows(result.rows):
                name = record["name"]
                foreign[RowKey(table, name.removeprefix(PREFIX))] = maker(record[SHARED_COLUMN], name)
        return foreign


class _Form:
    """How one table's rows are decoded: plain columns with their defaults, references, edges."""

    def __init__(self, schema: Schema, name: str) -> None:
        table = schema.table(name)
        spec = TABLES[name]
        columns = sorted(column for column in spec.columns if column in table.columns and column != SHARED_COLUMN)
        kinds = {column: table.column(column).type.key for column in columns}
        self.table = name
        self.plain = [(c, table.column(c).codec.default) for c in columns if kinds[c].kind != "uuid"]
        self.references = [(c, kinds[c].ref_table or "") for c in columns if kinds[c].kind == "uuid"]
        self.containers = sorted({t.within[name] for t in TABLES.values() if name in t.within and not t.edge})
        self.edges = [
            (edge, spec.within[name], table.column(spec.within[name]).type)
            for edge, spec in TABLES.items()
            if spec.edge and name in spec.within
        ]
        more = {*self.containers, *(column for _, column, _ in self.edges)}
        self.codec = RowCodec(table, (*columns, *sorted(more), SHARED_COLUMN))

    def decode(
        self,
        found: Sequence[Record],
        keys: Mapping[str, RowKey],
        places: Mapping[str, RowKey | None],
        rows: dict[RowKey, Row],
    ) -> None:
        """Add the rows to `rows`."""
        because = _Because()
        for record in found:
            key = keys[record._uuid]
            columns: dict[str, Value] = {}
            for name, default in self.plain:
                value = getattr(record, name)
                if value != default:
                    columns[name] = value
            for name, table in self.references:
                uuid = getattr(record, name)
                if uuid is not None:
                    columns[name] = keys.get(uuid) or RowKey(table, uuid)
            external_ids = record.external_ids
            if extra := ours(external_ids):
                columns[SHARED_COLUMN] = extra
            rows[key] = Row(key, columns, because.of(external_ids), places.get(record._uuid))

    def decode_edges(self, found: Sequence[Record], keys: Mapping[str, RowKey], rows: dict[RowKey, Row]) -> None:
        """Add the edges of the rows to `rows`, each because of its member where that is a row of ours."""
        for record in found if self.edges else ():
            key = keys[record._uuid]
            why = rows[key].because
            for edge, column, column_type in self.edges:
                for name, value in _members(getattr(record, column), column_type, keys):
                    edge_key = RowKey(edge, f"{key.name} {name}")
                    member = rows.get(value) if isinstance(value, RowKey) else None
                    rows[edge_key] = Row(edge_key, {VALUE: value}, why if member is None else member.because, key)


class _Because:
    """The records that rows were made for, each made once: many rows of one table share few."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def of(self, external_ids: Mapping[str, str]) -> Any:
        """The reason that the tags give."""
        text = external_ids.get("cpal:key", "")
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = record_key(external_ids)
        return found


def _members(values: Any, column_type: Any, keys: Mapping[str, RowKey]) -> Iterable[tuple[str, Value]]:
    """The members of a set or map that are ours to keep, each with its name."""
    if column_type.shape is Shape.MAP:
        return ((key, (key, value)) for key, value in values.items())
    if column_type.key.kind != "uuid":
        return ((value, value) for value in values)
    found = (keys.get(uuid) for uuid in values)
    return ((key.name, key) for key in found if key is not None)
