"""Four ways to write rows into OVN's Northbound database and to load it: ours, and three peers.

Each contender inserts logical switch ports, each with its membership in a switch, batch after batch, and waits for
each batch's answer. `raw` is the bound: no schema, no checks, JSON written and read by msgspec over a blocking socket.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence, Sized
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import UUID

import msgspec
import ovs.db.idl
import ovs.poller
import ovsdbapp.backend.ovs_idl.connection
import ovsdbapp.schema.ovn_northbound.impl_idl

from cpal.ovsdb import Client, Uuid, ops

NB = "OVN_Northbound"
SCHEMA = Path("/usr/share/ovn/ovn-nb.ovsschema")
SWITCHES = 50
PORT_COLUMNS = [
    *("name", "addresses", "port_security", "options", "external_ids", "type", "enabled", "up", "tag", "tag_request"),
    *("parent_name", "dhcpv4_options", "dhcpv6_options", "dynamic_addresses", "ha_chassis_group"),
]
SWITCH_COLUMNS = ["name", "ports", "external_ids", "other_config"]
MONITORED = {"Logical_Switch_Port": PORT_COLUMNS, "Logical_Switch": SWITCH_COLUMNS}


def switch_name(contender: str, number: int) -> str:
    """The name of a contender's switch."""
    return f"{contender}-{number}"


def port_columns(contender: str, number: int) -> dict[str, Any]:
    """What a port of a virtual machine holds."""
    address = f"fa:16:3e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x} 10.0.{number >> 8 & 255}.9"
    return {
        "name": f"{contender}-{number}-0c5ac5e2-5c5b-4b6e-8f4f",
        "addresses": [address],
        "port_security": [address],
        "enabled": True,
        "options": {"requested-chassis": f"hv{number % 10}"},
        "external_ids": {"cpal:owner": "bench", "cpal:key": f"port/{number}", "neutron:device_owner": "compute:nova"},
    }


def uuid_of(contender: str, number: int) -> Uuid:
    """A port's UUID."""
    return Uuid(str(UUID(int=hash((contender, number)) % 2**128, version=4)))


class Contender(Protocol):
    """Something that writes batches of ports into a switch, and waits for each."""

    name: str

    def open(self, endpoint: str) -> None:
        """Connect, and make the switches."""

    def insert(self, batches: Sequence[Sequence[int]]) -> None:
        """Insert ports by their numbers, one transaction a batch."""

    def close(self) -> None:
        """Disconnect."""


class Cpal:
    """Our client, one transaction after another; with `watching` it keeps a replica of all ports meanwhile."""

    def __init__(self, name: str, *, watching: bool = False, under_way: int = 1) -> None:
        self.name = name
        self._watching = watching
        self._under_way = under_way

    def open(self, endpoint: str) -> None:
        self._runner = asyncio.Runner()
        self._runner.run(self._open(endpoint))

    async def _open(self, endpoint: str) -> None:
        self._client = await Client.connect(endpoint, NB)
        if self._watching:
            await self._client.monitor(MONITORED)
        switches = self._client.schema.table("Logical_Switch")
        names = [switch_name(self.name, number) for number in range(SWITCHES)]
        results = await self._client.transact([ops.insert(switches, {"name": name}) for name in names])
        self._switches = [result.uuid for result in results if result.uuid is not None]

    def insert(self, batches: Sequence[Sequence[int]]) -> None:
        self._runner.run(self._insert(iter(batches)))

    async def _insert(self, batches: Iterator[Sequence[int]]) -> None:
        async def work() -> None:
            for batch in batches:
                await self._client.transact(self._operations(batch))

        await asyncio.gather(*(work() for _ in range(self._under_way)))

    def _operations(self, batch: Sequence[int]) -> list[ops.Op]:
        tables = self._client.schema.tables
        ports, switches = tables["Logical_Switch_Port"], tables["Logical_Switch"]
        uuids = tuple(uuid_of(self.name, number) for number in batch)
        inserts = [
            ops.insert(ports, port_columns(self.name, number), uuid=uuid)
            for number, uuid in zip(batch, uuids, strict=True)
        ]
        where = ops.row(self._switches[batch[0] // len(batch) % SWITCHES])
        return [*inserts, ops.mutate(switches, where, ops.include(switches, "ports", uuids))]

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


class Raw:
    """JSON-RPC over a blocking socket."""

    name = "raw"

    def open(self, endpoint: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(endpoint.removeprefix("unix:"))
        names = [switch_name(self.name, number) for number in range(SWITCHES)]
        reply = self._transact([{"op": "insert", "table": "Logical_Switch", "row": {"name": name}} for name in names])
        self._switches = [result["uuid"] for result in reply["result"]]

    def _transact(self, operations: list[Any]) -> Any:
        self._socket.sendall(msgspec.json.encode({"method": "transact", "params": [NB, *operations], "id": 0}))
        reply = b""
        while not reply.endswith(b"}"):
            reply += self._socket.recv(1 << 20)
            while reply.count(b"{") != reply.count(b"}"):
                reply += self._socket.recv(1 << 20)
        answer = msgspec.json.decode(reply)
        assert answer["error"] is None
        assert not any("error" in result for result in answer["result"])
        return answer

    def insert(self, batches: Sequence[Sequence[int]]) -> None:
        for batch in batches:
            uuids = [uuid_of(self.name, number) for number in batch]
            inserts = [self._insert(number, uuid) for number, uuid in zip(batch, uuids, strict=True)]
            members = ["set", [["uuid", uuid] for uuid in uuids]]
            switch = self._switches[batch[0] // len(batch) % SWITCHES]
            mutation = {
                "op": "mutate",
                "table": "Logical_Switch",
                "where": [["_uuid", "==", switch]],
                "mutations": [["ports", "insert", members]],
            }
            self._transact([*inserts, mutation])

    def _insert(self, number: int, uuid: str) -> Any:
        row = port_columns(self.name, number)
        for column in ("addresses", "port_security"):
            row[column] = ["set", row[column]]
        for column in ("options", "external_ids"):
            row[column] = ["map", list(row[column].items())]
        return {"op": "insert", "table": "Logical_Switch_Port", "uuid": uuid, "row": row}

    def close(self) -> None:
        self._socket.close()


class Idl:
    """The `ovs` package's IDL."""

    name = "ovs IDL"

    def open(self, endpoint: str) -> None:
        self._idl = loaded_idl(endpoint)
        transaction = ovs.db.idl.Transaction(self._idl)
        for number in range(SWITCHES):
            transaction.insert(self._idl.tables["Logical_Switch"]).name = switch_name(self.name, number)
        self._commit(transaction)
        rows = self._idl.tables["Logical_Switch"].rows.values()
        named = {row.name: row for row in rows}
        self._switches = [named[switch_name(self.name, number)] for number in range(SWITCHES)]

    def _commit(self, transaction: Any) -> None:
        status = transaction.commit_block()
        assert status == ovs.db.idl.Transaction.SUCCESS, (status, transaction.get_error())

    def insert(self, batches: Sequence[Sequence[int]]) -> None:
        for batch in batches:
            transaction = ovs.db.idl.Transaction(self._idl)
            switch = self._switches[batch[0] // len(batch) % SWITCHES]
            for number in batch:
                row = transaction.insert(self._idl.tables["Logical_Switch_Port"])
                for column, value in port_columns(self.name, number).items():
                    setattr(row, column, value)
                switch.addvalue("ports", row.uuid)
            self._commit(transaction)

    def close(self) -> None:
        self._idl.close()


class Ovsdbapp:
    """OpenStack's library on top of the IDL."""

    name = "ovsdbapp"

    def open(self, endpoint: str) -> None:
        backend = ovsdbapp.backend.ovs_idl.connection
        self._connection = backend.Connection(backend.OvsdbIdl.from_server(endpoint, NB), timeout=180)
        self._api = ovsdbapp.schema.ovn_northbound.impl_idl.OvnNbApiIdlImpl(self._connection)
        with self._api.transaction(check_error=True) as transaction:
            for number in range(SWITCHES):
                transaction.add(self._api.ls_add(switch_name(self.name, number)))

    def insert(self, batches: Sequence[Sequence[int]]) -> None:
        for batch in batches:
            switch = switch_name(self.name, batch[0] // len(batch) % SWITCHES)
            with self._api.transaction(check_error=True) as transaction:
                for number in batch:
                    columns = port_columns(self.name, number)
                    transaction.add(self._api.lsp_add(switch, columns.pop("name"), **columns))

    def close(self) -> None:
        self._connection.stop()


def loaded_idl(endpoint: str) -> Any:
    """An IDL of the monitored columns, filled."""
    idl = ovs.db.idl.Idl(endpoint, _schema_helper())
    before = idl.change_seqno
    while idl.change_seqno == before:
        if not idl.run():
            poller = ovs.poller.Poller()
            idl.wait(poller)
            poller.block()
    return idl


def _schema_helper() -> Any:
    """What an IDL is to load: the same columns as the others."""
    schema = ovs.db.idl.SchemaHelper(str(SCHEMA))
    for table, columns in MONITORED.items():
        schema.register_columns(table, columns)
    return schema


def load(contender: str, endpoint: str) -> Sized:
    """All ports, loaded."""
    match contender:
        case "cpal":
            return asyncio.run(_load_cpal(endpoint))
        case "raw":
            return _load_raw(endpoint)
        case "ovs IDL":
            return cast("Sized", loaded_idl(endpoint).tables["Logical_Switch_Port"].rows)
    backend = ovsdbapp.backend.ovs_idl.connection
    connection = backend.Connection(backend.OvsdbIdl(endpoint, _schema_helper()), timeout=180)
    connection.start()
    connection.stop()
    return cast("Sized", connection.idl.tables["Logical_Switch_Port"].rows)


async def _load_cpal(endpoint: str) -> Sized:
    async with await Client.connect(endpoint, NB) as client:
        return (await client.monitor(MONITORED)).tables["Logical_Switch_Port"]


def _load_raw(endpoint: str) -> Sized:
    """JSON into plain lists and dicts, which is not yet a replica."""
    requests = {table: [{"columns": columns}] for table, columns in MONITORED.items()}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(endpoint.removeprefix("unix:"))
        connection.sendall(msgspec.json.encode({"method": "monitor_cond", "params": [NB, "m", requests], "id": 0}))
        pieces = [connection.recv(1 << 20)]
        depth = _depth(pieces[0])
        while depth:
            pieces.append(connection.recv(1 << 20))
            depth += _depth(pieces[-1])
    rows: dict[str, object] = msgspec.json.decode(b"".join(pieces))["result"]["Logical_Switch_Port"]
    return rows


def _depth(piece: bytes) -> int:
    return piece.count(b"{") - piece.count(b"}")


CONTENDERS: tuple[Contender, ...] = (
    Raw(),
    Cpal("cpal"),
    Cpal("cpal, replica kept", watching=True),
    Cpal("cpal, 8 under way", under_way=8),
    Idl(),
    Ovsdbapp(),
)
