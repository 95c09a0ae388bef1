"""Ids that are drawn are random UUIDs, as the standard library reads them."""

from __future__ import annotations

from uuid import RFC_4122, UUID

from cpal.faces.drawn_id import drawn_id


def test_a_drawn_id_is_a_random_uuid_in_its_usual_form() -> None:
    drawn = [drawn_id() for _ in range(1000)]
    for text in drawn:
        read = UUID(text)
        assert (read.version, read.variant, str(read)) == (4, RFC_4122, text)
    assert len(set(drawn)) == len(drawn)


def test_every_bit_but_those_that_say_its_kind_is_random() -> None:
    numbers = [UUID(drawn_id()).int for _ in range(200)]
    kind = 0xF << 76 | 0b11 << 62
    ones, zeros = 0, (1 << 128) - 1
    for number in numbers:
        ones |= number
        zeros &= number
    assert (ones & ~kind, zeros & ~kind) == ((1 << 128) - 1 & ~kind, 0)
