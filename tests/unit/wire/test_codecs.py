"""What every registered codec keeps, because it is registered: any bytes decode exactly, or raise `WireError`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.errors import WireError
from cpal.wire.dissect import dissect
from cpal.wire.faults import FAULTS
from cpal.wire.link import LINKS
from cpal.wire.registry import CODECS, Codec

each_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
flips = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=6)


def mutated(codec: Codec) -> st.SearchStrategy[bytes]:
    """Bytes near those of the codec's examples: some changed, the end cut off or more of it."""

    def change(data: bytes, changes: list[tuple[int, int]], cut: int, tail: bytes) -> bytes:
        changed = bytearray(data)
        for at, value in changes:
            changed[at % len(changed)] = value
        return bytes(changed[:cut]) + tail

    encoded = st.sampled_from([codec.encode(example) for example in codec.examples])
    return st.builds(change, encoded, flips, st.integers(0, 200), st.binary(max_size=9))


def decoded(codec: Codec, data: bytes) -> Any:
    """The value, or the fault for which the codec refuses the bytes; any other error is the test's failure."""
    try:
        return codec.decode(data)
    except WireError as error:
        return error.key


@each_codec
@given(data=st.data())
def test_any_bytes_decode_exactly_or_raise_only_our_error(codec: Codec, data: st.DataObject) -> None:
    given_bytes = data.draw(st.one_of(st.binary(max_size=96), mutated(codec)))
    value = decoded(codec, given_bytes)
    if isinstance(value, str):
        assert value in FAULTS
    else:
        assert given_bytes.startswith(codec.encode(value))
        assert codec.decode(codec.encode(value)) == value


@each_codec
def test_examples_come_back_with_what_was_computed(codec: Codec) -> None:
    for example in codec.examples:
        back = codec.decode(codec.encode(example))
        computed = {name for name, value in example._asdict().items() if value is None}
        assert back == example._replace(**{name: getattr(back, name) for name in computed})


@each_codec
@given(data=st.data())
def test_a_field_that_does_not_fit_is_refused(codec: Codec, data: st.DataObject) -> None:
    example = data.draw(st.sampled_from(codec.examples))
    numbers = [name for name, value in example._asdict().items() if type(value) is int]
    name = data.draw(st.sampled_from(numbers))
    too_much = example._replace(**{name: data.draw(st.sampled_from([-1, 1 << 64, 1 << 70]))})
    with pytest.raises(WireError):
        codec.encode(too_much)


@given(data=st.data(), link_type=st.sampled_from(sorted(LINKS)), more=st.integers(0, 100))
def test_any_packet_is_dissected(data: st.DataObject, link_type: int, more: int) -> None:
    codec = data.draw(st.sampled_from(CODECS))
    captured = data.draw(st.one_of(st.binary(max_size=96), mutated(codec)))
    assert set(dissect(captured, link_type, len(captured) + more).faults) <= set(FAULTS)


def test_names_of_codecs_differ() -> None:
    assert len({codec.name for codec in CODECS}) == len(CODECS)
