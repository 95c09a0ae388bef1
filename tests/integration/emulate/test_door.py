"""A door of an emulated device: its port stays its own while nobody listens there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys

import pytest

from cpal.errors import Conflict
from cpal.lab.emulate.door import Door

ASK_FOR_ALL = """
import asyncio, contextlib, itertools, json, socket
from cpal.lab.emulate.door import Door

async def nobody(connection):
    connection.close()

def asked(stack, connect):
    ports = set()
    with contextlib.suppress(OSError):
        for _ in range(64):
            other = stack.enter_context(socket.socket())
            if connect:
                other.connect(("127.0.0.1", 30000))
            else:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                other.bind(("127.0.0.1", 0))
            ports.add(other.getsockname()[1])
    return ports

async def main():
    found = []
    for held, connect in itertools.product((False, True), repeat=2):
        door = Door("127.0.0.1", 40003)
        server = socket.create_server(("127.0.0.1", 30000), backlog=64)
        if held:
            door.open(nobody)
            door.close(at_once=True)
        with contextlib.ExitStack() as stack, server:
            found.append([held, connect, sorted(asked(stack, connect))])
        door.end()
    print(json.dumps(found))

asyncio.run(main())
"""
IN_A_SMALL_WORLD = 'ip link set lo up; echo 40000 40007 > /proc/sys/net/ipv4/ip_local_port_range; exec "$@"'


def test_a_closed_door_s_port_is_given_to_nobody_who_asks_for_any() -> None:
    """In a network namespace with eight ports to give: bound or connecting, nobody is given the door's."""
    words = ["unshare", "--net", "sh", "-c", IN_A_SMALL_WORLD, "sh", sys.executable, "-c", ASK_FOR_ALL]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    every = set(range(40000, 40008))
    for held, connect, given in json.loads(done.stdout):
        assert set(given) == (every - {40003} if held else every), (held, connect)


async def greeted(port: int) -> bytes:
    """What is said behind a door."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return said


async def greet(connection: socket.socket) -> None:
    """Say a word, and close."""
    await asyncio.get_running_loop().sock_sendall(connection, b"hello")
    connection.close()


def test_it_opens_again_where_it_was_and_nobody_listens_in_between() -> None:
    async def main() -> None:
        door = Door("127.0.0.1", 0)
        door.open(greet)
        port = door.port
        for _ in range(3):
            assert await greeted(port) == b"hello"
            door.close(at_once=True)
            with pytest.raises(ConnectionRefusedError):
                await greeted(port)
            door.open(greet)
            assert door.port == port
        door.end()
        other = Door("127.0.0.1", port)
        other.open(greet)
        other.end()

    asyncio.run(main())


def test_two_doors_are_not_open_at_one_port() -> None:
    async def main() -> None:
        door = Door("127.0.0.1", 0)
        door.open(greet)
        other = Door("127.0.0.1", door.port)
        with pytest.raises(Conflict, match="nothing can listen"):
            other.open(greet)
        other.end()
        door.end()

    asyncio.run(main())


def test_nobody_is_lost_who_comes_while_the_door_closes_and_opens() -> None:
    """Each is greeted or told at once that nobody is there; a connection left over would be a warning, so a failure."""

    async def come(port: int) -> bytes:
        try:
            return await greeted(port)
        except OSError:
            return b""

    async def main() -> None:
        door = Door("127.0.0.1", 0)
        door.open(greet)
        said = set()
        for _ in range(50):
            coming = [asyncio.create_task(come(door.port)) for _ in range(8)]
            await asyncio.sleep(0)
            door.close(at_once=True)
            await asyncio.sleep(0)
            door.open(greet)
            said |= set(await asyncio.gather(*coming))
        door.end()
        assert said <= {b"", b"hello"}

    asyncio.run(main())
