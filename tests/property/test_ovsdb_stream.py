"""However a sequence of messages is cut into pieces, the same messages come out."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cpal.errors import Invalid
from cpal.ovsdb.stream import MessageSplitter

TRICKY = st.text(alphabet='{}[]"\\:, \n\tab\u00e9\U0001f600', max_size=12)
LEAVES = st.none() | st.booleans() | st.integers() | TRICKY | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TRICKY, inner, max_size=3), max_leaves=12
)
MESSAGES = st.lists(st.dictionaries(TRICKY, VALUES, max_size=4), max_size=6)
BETWEEN = st.sampled_from([b"", b"", b" ", b"\n", b"\r\n\t"])


@given(messages=MESSAGES, between=BETWEEN, ascii_only=st.booleans(), spaced=st.booleans(), data=st.data())
def test_any_split_gives_the_same_messages(
    messages: list[dict[str, Any]], between: bytes, ascii_only: bool, spaced: bool, data: st.DataObject
) -> None:
    separators = None if spaced else (",", ":")
    texts = [json.dumps(each, ensure_ascii=ascii_only, separators=separators).encode() for each in messages]
    stream = b"".join(text + between for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    splitter = MessageSplitter()
    found = [json.loads(message) for piece in pieces for message in splitter.feed(piece)]
    assert found == messages
    assert not splitter.pending


@given(st.lists(st.binary(max_size=40) | st.text(alphabet='{}"\\ a', max_size=20).map(str.encode), max_size=6))
def test_any_bytes_give_messages_or_our_error(pieces: list[bytes]) -> None:
    splitter = MessageSplitter()
    with suppress(Invalid):
        for piece in pieces:
            splitter.feed(piece)
