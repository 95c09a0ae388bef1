"""Connections over every transport, to servers and to what is none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from cpal.errors import Invalid, Unreachable
from cpal.ovsdb import Client, Tls, ops
from tests.integration.ovsdb.conftest import NB_SCHEMA
from tests.support.ovsdb_server import OvsdbServer, port_of, running
from tests.support.pki import authority

NB = "OVN_Northbound"


async def insert_and_count(endpoint: str, tls: Tls | None = None) -> int:
    """Add a switch; how many there are."""
    async with await Client.connect(endpoint, NB, tls) as client:
        replica = await client.monitor({"Logical_Switch": ["name"]})
        await client.transact([ops.insert(client.schema.table("Logical_Switch"), {"name": "x"})])
        return len(replica.tables["Logical_Switch"])


def test_tcp(server: OvsdbServer) -> None:
    assert asyncio.run(insert_and_count(f"tcp:127.0.0.1:{port_of(server)}")) == 1
    assert asyncio.run(insert_and_count(f"tcp:localhost:{port_of(server)}")) == 2


def test_tcp_over_ipv6(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError as fault:
            pytest.skip(f"this machine has no ::1: {fault}")
    with running(OvsdbServer(NB_SCHEMA, tmp_path, ["ptcp:0:[::1]"])) as server:
        assert asyncio.run(insert_and_count(f"tcp:[::1]:{port_of(server)}")) == 1


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[str, Tls]]:
    """The endpoint of a server that speaks TLS, and what it accepts."""
    tls = authority(tmp_path / "pki", "cpal")
    options = [f"--private-key={tls.private_key}", f"--certificate={tls.certificate}", f"--ca-cert={tls.authority}"]
    with running(OvsdbServer(NB_SCHEMA, tmp_path / "db", ["pssl:0:127.0.0.1"], options)) as server:
        yield f"ssl:127.0.0.1:{port_of(server)}", tls


def test_tls(secured: tuple[str, Tls]) -> None:
    assert asyncio.run(insert_and_count(*secured)) == 1


def test_tls_without_keys_or_with_another_authority_is_refused(secured: tuple[str, Tls], tmp_path: Path) -> None:
    endpoint, _ = secured
    with pytest.raises(Invalid, match="needs a private key"):
        asyncio.run(insert_and_count(endpoint))
    with pytest.raises(Unreachable, match="certificate verify failed"):
        asyncio.run(insert_and_count(endpoint, authority(tmp_path / "other", "other")))


def test_tls_that_the_server_does_not_trust_is_refused(secured: tuple[str, Tls], tmp_path: Path) -> None:
    endpoint, trusted = secured
    other = authority(tmp_path / "other", "other")
    with pytest.raises(Unreachable):
        asyncio.run(insert_and_count(endpoint, Tls(other.private_key, other.certificate, trusted.authority)))


@pytest.mark.parametrize("endpoint", ["unix:/nowhere/at/all.sock", "tcp:127.0.0.1:1", f"unix:/{'x' * 200}"])
def test_an_endpoint_where_nothing_listens_is_named(endpoint: str) -> None:
    with pytest.raises(Unreachable, match="see whether ovsdb-server runs there") as caught:
        asyncio.run(Client.connect(endpoint, NB))
    assert caught.value.key == endpoint


def test_all_endpoints_are_tried(server: OvsdbServer) -> None:
    assert asyncio.run(insert_and_count(f"unix:/nowhere.sock,{server.endpoint}")) == 1
    with pytest.raises(Unreachable, match=r"unix:/a: .*unix:/b: "):
        asyncio.run(insert_and_count("unix:/a,unix:/b"))


@asynccontextmanager
async def speaker(path: Path, *lines: bytes) -> AsyncIterator[list[bytes]]:
    """A listener at a path that says each of the lines after each thing it hears; what it heard."""
    heard: list[bytes] = []
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            for line in lines:
                heard.append(await reader.read(1 << 16))
                writer.write(line)
                await writer.drain()
            while data := await reader.read(1 << 16):
                heard.append(data)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    async with await asyncio.start_unix_server(serve, path):
        yield heard
        await ended.wait()


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b'{"id":1,"result":[],"error":null}}',
        b'{"id":1,"result":[}',
        b'{"id":1,"result":"\xff"}',
        b'{"id":{"a":1},"method":7}',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_speaks_something_else_is_said_so(tmp_path: Path, garbage: bytes) -> None:
    async def scenario() -> None:
        path = tmp_path / "other"
        async with speaker(path, garbage):
            with pytest.raises(Unreachable, match="something other than OVSDB"):
                await Client.connect(f"unix:{path}", NB)

    asyncio.run(scenario())


@pytest.mark.parametrize("answer", [b'{"id":1,"result":7,"error":null}', b'{"id":1,"result":{"a":[]},"error":null}'])
def test_an_answer_of_another_form_is_said_so(tmp_path: Path, answer: bytes) -> None:
    async def scenario() -> None:
        path = tmp_path / "other"
        async with speaker(path, answer):
            with pytest.raises(Unreachable, match="something other than OVSDB"):
                await Client.connect(f"unix:{path}", NB)

    asyncio.run(scenario())


def test_an_echo_is_answered(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "other"
        async with speaker(path, b'{"method":"echo","params":["a",1],"id":"echo"}', b"") as heard:
            with pytest.raises(Unreachable):
                await Client.connect(f"unix:{path}", NB, timeout_s=1)
            assert heard[1] == b'{"result":["a",1],"error":null,"id":"echo"}'

    asyncio.run(scenario())
