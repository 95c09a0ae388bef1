"""The splitter at sizes and corners that random input seldom reaches."""

from __future__ import annotations

import json

import pytest

from cpal.errors import Invalid
from cpal.ovsdb.stream import MessageSplitter


def test_fifty_megabytes_in_pieces_are_one_message() -> None:
    row = b'"0000254d-8712-4eb4-853b-73a26a9d9c40":{"initial":{"name":"{\\"}{","ports":["set",[]]}}'
    message = b'{"id":1,"result":{"T":{' + b",".join([row] * 600_000) + b'}},"error":null}'
    assert len(message) > 50_000_000
    splitter = MessageSplitter()
    found = [each for at in range(0, len(message), 65_536) for each in splitter.feed(message[at : at + 65_536])]
    assert found == [message]
    assert not splitter.pending


@pytest.mark.parametrize(
    "text",
    [
        r'{"a":"}{"}',
        r'{"a":"\"}{\""}',
        r'{"a":"\\"}',
        r'{"a":"\\\"{"}',
        r'{"\\":{"}":"{"}}',
        r'{"a":"","b":"\\\\"}',
    ],
)
def test_braces_and_escapes_in_strings_cut_nowhere(text: str) -> None:
    message = text.encode()
    json.loads(message)
    splitter = MessageSplitter()
    assert [each for byte in message * 3 for each in splitter.feed(bytes([byte]))] == [message] * 3


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad Request\r\n", b"}", b"[1]", b'{"a":1}}', b"\x16\x03"])
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        MessageSplitter().feed(data)
