"""Every OVN schema there is at hand can be served, monitored and written, with the server itself as oracle."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from cpal.ovsdb import Client, RowCodec, Schema, Uuid, ops, parse_schema
from tests.conftest import ROOT
from tests.support.ovsdb_rows import RowMaker, dump_by_ovsdb_client, dump_of, dump_of_row, every_column
from tests.support.ovsdb_server import ovsdb_server

CORPORA = Path(os.environ.get("CPAL_CORPORA", ROOT.parent / "shared" / "corpora"))
INSTALLED = [Path("/usr/share/ovn/ovn-nb.ovsschema"), Path("/usr/share/ovn/ovn-sb.ovsschema")]
SCHEMAS = [*INSTALLED, Path("/usr/share/openvswitch/vswitch.ovsschema"), *CORPORA.glob("ovn-schemas/*/*.ovsschema")]


def test_the_corpora_are_there(corpora: Path) -> None:
    assert list(corpora.glob("ovn-schemas/*/*.ovsschema"))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_schema_is_served_monitored_and_written(path: Path, tmp_path: Path) -> None:
    schema = parse_schema(path.read_bytes())
    with ovsdb_server(path, tmp_path) as endpoint:
        asyncio.run(write_every_table(endpoint, schema))


async def write_every_table(endpoint: str, schema: Schema) -> None:
    """A row in each table that may stand alone: one with defaults, one with all columns set that refer to nothing."""
    async with await Client.connect(endpoint, schema.name) as client:
        assert client.schema == schema
        replica = await client.monitor(every_column(schema))
        maker = RowMaker(schema, seed=1)
        inserted = set()
        for table in schema.tables.values():
            if refers_in_vain(schema, table.name):
                continue
            for full in (False,) if table.max_rows == 1 else (False, True):
                row = maker.row(table, full=full)
                uuid = Uuid(maker.uuid())
                selected = ops.select(table, ops.row(uuid))
                _, result = await client.transact([ops.insert(table, row, uuid=uuid), selected])
                assert RowCodec(table).rows(result.rows)[0]["_uuid"] == uuid
                if table.is_root:
                    inserted.add(table.name)
                    assert dump_of_row(replica.tables[table.name][uuid])["_uuid"] == [uuid]
        assert {name for name, rows in replica.tables.items() if rows} == inserted
        assert inserted
        dumped = await asyncio.to_thread(dump_by_ovsdb_client, endpoint, schema.name)
        assert dump_of(replica) == dumped


def refers_in_vain(schema: Schema, table: str) -> bool:
    """Whether a row of the table must refer to another row, and so cannot stand alone."""
    return any(
        base is not None and base.ref_table is not None and column.type.minimum == 1
        for column in schema.table(table).columns.values()
        for base in (column.type.key, column.type.value)
    )
