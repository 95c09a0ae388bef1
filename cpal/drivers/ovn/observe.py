"""Reading the Northbound database: one transaction of selects, then rows in exactly the form that render gives them.

The server picks our rows by tag, and of those of others a `Watch` follows only the names, so that a database shared
with Neutron costs little more than what cpal has in it. A row's place is known from its container's set of references.
Members of a set that are not our rows (a foreign port in our port group, a foreign rule) are others' and left alone;
plain values (addresses, DNS entries) in our rows are ours. Tables are read in the order of their rank, so that a
container and what a column refers to are known before.

Two rows with the same tags (a copy made by hand): the one with the UUID that follows from the tags counts, else the
lowest UUID; the others are ours too and nobody wants them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from cpal.core.driver import Seen
from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.ovn.render.names import PREFIX, REQUESTED_KEY
from cpal.drivers.ovn.tables import SHARED_COLUMN, TABLES
from cpal.drivers.ovn.tags import OWNER, ROW, Tags, maker, ours, record_key
from cpal.ovsdb.column import Shape
from cpal.ovsdb.ops import Condition, Op, condition, select
from cpal.ovsdb.results import Result
from cpal.ovsdb.rows import RowCodec
from cpal.ovsdb.schema import Schema

Record = Any
"""A row as the client reads it: an attribute for each column, `_uuid` among them."""

NAMED = (
    "Address_Set", "Port_Group", "Logical_Switch", "Logical_Router", "Logical_Router_Port", "Gateway_Chassis",
    "HA_Chassis_Group", "Logical_Switch_Port",
)  # fmt: skip
"""Tables in which a row of others can stand where we want one of that name."""


KEYED = {"Logical_Switch": "other_config", "Logical_Router": "options"}
"""Tables whose rows may ask for a tunnel key, and the column in which they do. Source: ovn-nb(5)."""


class Observation(NamedTuple):
    """What was read: the rows, the UUID of each row that is not an edge, and whether NB_Global has its row."""

    seen: Seen
    uuids: dict[RowKey, str]
    initialised: bool

    def has(self, rows: Iterable[Row | None]) -> bool:
        """Whether these rows were there, as far as they are any."""
        return all(row is None or row.key in self.seen.rows for row in rows)


class Reader:
    """Reads the rows of one owner from databases with this schema."""

    def __init__(self, schema: Schema, tags: Tags) -> None:
        self.tags = tags
        self._schema = schema
        self._forms = {name: _Form(schema, name) for name, table in TABLES.items() if not table.edge}
        self._keyed = {
            name: RowCodec(schema.table(name), ("name", column, SHARED_COLUMN)) for name, column in KEYED.items()
        }
        self._global = RowCodec(schema.table("NB_Global"), (SHARED_COLUMN,))

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns by table that `read` reads of our rows."""
        return {name: form.codec.columns for name, form in self._forms.items()}

    @property
    def mine(self) -> dict[str, list[Condition]]:
        """The condition, by table, that a row is ours."""
        mine = {OWNER: self.tags.owner}
        return {n: [condition(self._schema.table(n), SHARED_COLUMN, "includes", mine)] for n in self._forms}

    def request(self) -> list[Op]:
        """The operations whose results `read` takes."""
        ops = [select(self._schema.table(n), where, ("_uuid", *self.columns[n])) for n, where in self.mine.items()]
        return [*ops, self.request_revision()]

    def request_all(self) -> list[Op]:
        """The same for the rows of everyone."""
        ops = [select(self._schema.table(name), [], ("_uuid", *columns)) for name, columns in self.columns.items()]
        return [*ops, self.request_revision()]

    def read(
        self, results: Sequence[Result], known: Mapping[RowKey, Row], foreign: Mapping[RowKey, str]
    ) -> Observation:
        """The observation in the results of `request`, with the rows of others that a `Watch` knows.

        A row that is as in `known` is that very object.
        """
        return self.read_by(Reading(self.tags, known), results, foreign)

    def read_by(self, reading: Reading, results: Sequence[Result], foreign: Mapping[RowKey, str]) -> Observation:
        """The observation that a reading makes of the results."""
        for form, result in zip(self._forms.values(), results, strict=False):
            reading.take(form, result)
        reading.take_edges()
        cells = self._cells(results[-1])
        revision, version = self.tags.revision(cells or {}), self.tags.version(cells or {})
        seen = Seen(reading.rows, foreign, revision, version, reading.unowned)
        return Observation(seen, reading.uuids, cells is not None)

    def request_uuids(self) -> list[Op]:
        """The operations whose results are the UUIDs of our rows."""
        return [select(self._schema.table(name), where, ("_uuid",)) for name, where in self.mine.items()]

    def request_revision(self) -> Op:
        """The operation whose result `read_revision` takes."""
        return select(self._schema.table("NB_Global"), [], (SHARED_COLUMN,))

    def read_revision(self, result: Result) -> int:
        """The applied revision, 0 when none is."""
        return self.tags.revision(self._cells(result) or {})

    def _cells(self, result: Result) -> dict[str, str] | None:
        """What NB_Global says, None when it has no row yet."""
        return next((row[SHARED_COLUMN] for row in self._global.rows(result.rows)), None)

    def request_keys(self) -> list[Op]:
        """The operations whose results `read_keys` takes."""
        tables = {name: (self._schema.table(name), column) for name, column in KEYED.items()}
        return [select(t, self.not_mine[name], ("name", column, SHARED_COLUMN)) for name, (t, column) in tables.items()]

    def read_keys(self, results: Sequence[Result]) -> dict[int, str]:
        """The tunnel keys that rows of others ask for, with words for whose they are."""
        found = {}
        for (table, column), result in zip(KEYED.items(), results, strict=True):
            for record in self._keyed[table].each(result.rows):
                asked = record[column].get(REQUESTED_KEY, "")
                if asked.isdecimal():
                    whose = maker(record[SHARED_COLUMN], record["name"])
                    found[int(asked)] = f"{table} {record['name']} ({whose})"
        return found

    named_columns: Mapping[str, tuple[str, ...]] = dict.fromkeys(NAMED, ("name", SHARED_COLUMN))
    """The columns by table that `foreign` reads of the rows of others."""

    @property
    def not_mine(self) -> dict[str, list[Condition]]:
        """The condition, by table, that a row is not ours."""
        mine = {OWNER: self.tags.owner}
        return {n: [condition(self._schema.table(n), SHARED_COLUMN, "excludes", mine)] for n in NAMED}

    def foreign(self, tables: Mapping[str, Mapping[Any, Record]]) -> dict[RowKey, str]:
        """The rows of others in these tables that stand where we could want one, with words for whose they are."""
        foreign = {}
        for table, records in tables.items():
            for record in records.values():
                name = record["name"]
                foreign[RowKey(table, name.removeprefix(PREFIX))] = maker(record[SHARED_COLUMN], name)
        return foreign


class Reading:
    """Tables read one after another, containers before what they hold; of most, one row at a time.

    `keys` are the keys of our rows by their UUID, `places` where each contained row is: None when it is in two places,
    so that neither seems right. What is read of others (`adopt`) is `unowned`, or not kept.
    """

    def __init__(self, tags: Tags, known: Mapping[RowKey, Row]) -> None:
        self.rows: dict[RowKey, Row] = {}
        self.unowned: dict[RowKey, Row] = {}
        self.uuids: dict[RowKey, str] = {}
        self.tags = tags
        self._known = known
        self._keys: dict[str, RowKey] = {}
        self._places: dict[str, RowKey | None] = {}
        self._holders: list[tuple[_Form, Sequence[Record]]] = []

    def take(self, form: _Form, result: Result) -> None:
        """Read one table."""
        records: Iterable[Record] = form.codec.each(result.rows)
        if form.containers or form.edges:
            self._holders.append((form, found := list(records)))
            records = found
        because = _Because()
        for record in records:
            uuid = record._uuid
            within = self._places.get(uuid)
            key = self._identify(form.table, record, within)
            if key is None:
                continue
            self._keys[uuid], self.uuids[key] = key, uuid
            self._put(Row(key, form.columns(record, self._keys), because.of(record.external_ids), within))
        for column in form.containers:
            self._place(column, found)

    def take_edges(self) -> None:
        """Read the edges of all tables, each because of its member where that is a row of ours."""
        for form, found in self._holders:
            for record in found if form.edges else ():
                self._take_edges_of(form, record)

    def _take_edges_of(self, form: _Form, record: Record) -> None:
        key = self._keys.get(record._uuid)
        holder = self._holder(key) if key is not None else None
        if key is None or holder is None:
            return
        why = holder.because
        for edge, column, column_type in form.edges:
            for name, value in _members(getattr(record, column), column_type, self._keys):
                member = self.rows.get(value) if isinstance(value, RowKey) else None
                because = why if member is None else member.because
                self._file(Row(RowKey(edge, f"{key.name} {name}"), {VALUE: value}, because, key))

    def _holder(self, key: RowKey) -> Row | None:
        """The row with this key, where its members are of interest."""
        return self.rows.get(key)

    def _put(self, row: Row) -> None:
        """File a row that is no edge."""
        self._file(row)

    def _file(self, row: Row) -> None:
        known = self._known.get(row.key)
        if known is not None and known.columns == row.columns and known.within == row.within:
            row = known
        self.rows[row.key] = row

    def _identify(self, table: str, record: Record, within: RowKey | None) -> RowKey | None:
        """The key of a row by its tags, None of one that is not kept. Of two with the same, one is called a copy."""
        uuid = record._uuid
        name = record.external_ids.get(ROW) or f"unnamed {uuid}"
        key = RowKey(table, name)
        known = self._known.get(key)
        if known is not None:
            key = known.key
        other = self.uuids.get(key)
        if other is None:
            return key
        derived = self.tags.uuid(key)
        _, second = sorted((other, uuid), key=lambda each: (each != derived, each))
        copy = RowKey(table, f"{name} copy {second}")
        if second == uuid:
            return copy
        self._keys[other], self.uuids[copy] = copy, other
        self.rows[copy] = replace(self.rows.pop(key), key=copy)
        return key

    def _place(self, column: str, containers: Iterable[Record]) -> None:
        for record in containers:
            held = record[column]
            twice = [uuid for uuid in held if uuid in self._places]
            self._places.update(dict.fromkeys(held, self._keys.get(record._uuid)))
            self._places.update(dict.fromkeys(twice))


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

    def columns(self, record: Record, keys: Mapping[str, RowKey]) -> dict[str, Value]:
        """The canonical columns of a row; `keys` are those of the rows that may be referred to, by UUID."""
        columns: dict[str, Value] = {}
        for name, default in self.plain:
            value = getattr(record, name)
            if value != default:
                columns[name] = value
        for name, table in self.references:
            uuid = getattr(record, name)
            if uuid is not None:
                columns[name] = keys.get(uuid) or RowKey(table, uuid)
        if extra := ours(record.external_ids):
            columns[SHARED_COLUMN] = extra
        return columns


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
