"""A door of an emulated device: its port stays its own while nobody listens there."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cpal.errors import Conflict
from cpal.lab.emulate.door import Door


@pytest.fixture
def door() -> Iterator[Door]:
    """A door that was open once, and is closed."""
    found = Door("127.0.0.1", 0)
    found.opened().close()
    yield found
    found.give_up()


def test_it_opens_again_where_it_was(door: Door) -> None:
    port = door.port
    for _ in range(3):
        with contextlib.closing(door.opened()) as listening:
            assert listening.getsockname()[1] == port
            with socket.create_connection(("127.0.0.1", port)):
                listening.setblocking(True)
                listening.accept()[0].close()


def test_nobody_listens_behind_a_closed_door(door: Door) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", door.port))


ASK_FOR_ALL = """
import contextlib, itertools, json, socket, sys
from cpal.lab.emulate.door import Door

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

found = []
for held, connect in itertools.product((False, True), repeat=2):
    door = Door("127.0.0.1", 40003)
    server = socket.create_server(("127.0.0.1", 30000), backlog=64)
    if held:
        door.opened().close()
    with contextlib.ExitStack() as stack, server:
        found.append([held, connect, sorted(asked(stack, connect))])
    door.give_up()
print(json.dumps(found))
"""
IN_A_SMALL_WORLD = 'ip link set lo up; echo 40000 40007 > /proc/sys/net/ipv4/ip_local_port_range; exec "$@"'


def test_a_closed_door_s_port_is_given_to_nobody_who_asks_for_any() -> None:
    """In a network namespace with eight ports to give: bound or connecting, nobody is given the door's."""
    words = ["unshare", "--net", "sh", "-c", IN_A_SMALL_WORLD, "sh", sys.executable, "-c", ASK_FOR_ALL]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    every = set(range(40000, 40008))
    for held, connect, given in json.loads(done.stdout):
        assert set(given) == (every - {40003} if held else every), (held, connect)


def test_two_doors_are_not_open_at_one_port(door: Door) -> None:
    with contextlib.closing(door.opened()), pytest.raises(Conflict, match="nothing can listen"):
        Door("127.0.0.1", door.port).opened()


def test_a_door_that_is_given_up_is_anybody_s(door: Door) -> None:
    port = door.port
    door.give_up()
    other = Door("127.0.0.1", port)
    other.opened().close()
    other.give_up()
