"""How terms of firewall filters of Junos are written and read."""

from __future__ import annotations

import pytest
from hypothesis import given

from cpal.drivers.devices.junos.filter_terms import read, written
from cpal.drivers.devices.junos.text import parsed, statements
from cpal.lab.emulate.junos.text import as_text, load_set
from cpal.lab.emulate.tree import Node
from cpal.model.acl import AclEntry
from tests.unit.drivers.devices.test_acls import entries

WEB = "firewall family inet filter WEB term 10"


@given(entries())
def test_what_is_written_reads_as_the_same_and_is_taken_by_the_emulator(entry: AclEntry) -> None:
    assert read(written(entry.words)) == entry.words
    root = Node()
    assert load_set(root, "\n".join(f"set {WEB} {each}" for each in statements(written(entry.words)))) == []
    shown = parsed("\n".join(as_text(root)))["firewall"]["family inet"]["filter WEB"]["term 10"]
    assert read(shown) == entry.words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from { protocol tcp; destination-port ssh; } then accept;", "accept tcp from any to any port 22"),
        ("from { source-address { 10.0.0.0/8; } } then { discard; }", "drop any from 10.0.0.0/8 to any"),
        ("from { protocol udp; source-port bootps-bootpc; }", "accept udp from any port 67-68 to any"),
        ("from { protocol icmp; icmp-type unreachable; icmp-code port-unreachable; } then discard;",
         "drop icmp from any to any type 3 code 3"),
        ("from { source-address 0.0.0.0/0; } then accept;", "accept any from any to any"),
    ],
)  # fmt: skip
def test_names_and_other_forms_say_the_same(text: str, words: str) -> None:
    assert read(parsed(text)) == words


@pytest.mark.parametrize(
    "text",
    [
        "from { protocol tcp; destination-port [ 22 23 ]; } then accept;",
        "from { destination-port 22; } then accept;",
        "from { protocol icmp; icmp-code 1; } then accept;",
        "from { source-address { 10.0.0.0/8; 10.1.0.0/16 except; } } then accept;",
        "from { prefix-list MINE; } then accept;",
        "from { protocol hop-by-hop; } then accept;",
        "then { count c; accept; }",
        "then reject;",
        "then { next term; }",
    ],
)
def test_what_no_entry_can_say_is_kept_as_it_stands(text: str) -> None:
    term = parsed(text)
    assert not read(term).startswith(("accept ", "drop "))
    assert statements(written(read(term))) == statements(term)
