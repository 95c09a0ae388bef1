"""Where a server listens: what it is told, and what it tells of a catalogue that would send clients nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpal.errors import Invalid
from cpal.faces.serving import Address, Settings, parsed
from tests.support.cloud import Server, free_ports

HERE, ALL, ALL_6 = Address("127.0.0.1", 9696), Address("0.0.0.0", 9696), Address("::", 5000)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1:80", ("192.0.2.1", 80)),
        ("192.0.2.1", ("192.0.2.1", 9696)),
        (":80", ("127.0.0.1", 80)),
        ("[2001:db8::1]:80", ("2001:db8::1", 80)),
        ("[2001:db8::1]", ("2001:db8::1", 9696)),
        ("[::]:80", ("::", 80)),
        ("name:80", ("name", 80)),
    ],
)
def test_an_address_is_read(text: str, address: tuple[str, int]) -> None:
    assert parsed(text, 9696) == address


@pytest.mark.parametrize("text", ["name:", "name:0", "name:65536", "name:-1", "name:http", "name:8_0"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="HOST:PORT"):
        parsed(text, 9696)


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        (Settings(HERE, HERE), []),
        (Settings(ALL, HERE), ["--networking-url"]),
        (Settings(ALL, ALL_6), ["--networking-url", "--identity-url"]),
        (Settings(ALL, ALL_6, networking_url="http://x"), ["--identity-url"]),
        (Settings(ALL, None, keystone="http://keystone"), []),
    ],
)
def test_it_is_known_what_leads_nowhere(settings: Settings, options: list[str]) -> None:
    assert list(settings.nowhere) == options


def test_who_listens_on_every_address_is_told_what_the_catalogue_says(tmp_path: Path) -> None:
    ports = free_ports(2)
    server = Server(tmp_path / "home", tmp_path / "log", (f"--networking=0.0.0.0:{ports[0]}",), ports)
    server.start()
    assert server.stop() == 0
    notes = [line for line in server.log.read_text().splitlines() if line.startswith("note: ")]
    assert len(notes) == 1
    assert f"http://0.0.0.0:{ports[0]}" in notes[0]
    assert notes[0].endswith("name another by --networking-url")
