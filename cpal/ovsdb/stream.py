"""Cuts a byte stream into JSON messages, in linear time, however it arrives.

A server sends JSON objects back to back without a separator (RFC 7047 section 4), so that the end of one shows only
in its braces. Counting them byte by byte in Python would take seconds for the 50 MB of an initial monitor reply. So a
piece of input is reduced by operations of `bytes` that run at gigabytes a second:

1. escapes: `\\\\` then `\\"` are removed, what is left of quotes opens and closes strings;
2. everything but quotes and braces is deleted, then every `""`, which changes no other character's being in a string;
3. if quotes remain, some string holds a brace: the parts inside strings are cut out;
4. `{}` is deleted until none is left: what remains is `}` a times, then `{` b times.

A message can end only where its depth falls to zero, and the next can begin only with `{`. Hence input is first split
between each `}` and a following `{`, which no JSON text has outside its strings; a message ends at a split, or at the
end of the input, exactly where depth is zero outside a string.

No I/O here: bytes in, whole messages out.
"""

from __future__ import annotations

import re

from cpal.errors import Invalid

_BOUNDARY = re.compile(rb"\}(?=[ \t\r\n]*\{)")
_NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'{}"')
_BLANK = b" \t\r\n"


class MessageSplitter:
    """The state between two pieces of input."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._depth = 0
        self._in_string = False
        self._escaping = False

    @property
    def pending(self) -> bool:
        """Whether the input so far ends within a message."""
        return bool(self._parts)

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that this input completes, each one JSON text, not yet parsed.

        Raises: Invalid when the input is not a sequence of JSON objects.
        """
        messages: list[bytes] = []
        start = 0
        for match in _BOUNDARY.finditer(data):
            end = match.end()
            self._take(data[start:end], messages)
            start = end
        self._take(data[start:] if start else data, messages)
        return messages

    def _take(self, piece: bytes, messages: list[bytes]) -> None:
        if not self._parts:
            piece = piece.lstrip(_BLANK)
        if not piece:
            return
        if not self._parts and not piece.startswith(b"{"):
            raise Invalid("not a JSON object", seen=piece[:60])
        self._parts.append(piece)
        self._advance(piece)
        if self._depth == 0 and not self._in_string:
            messages.append(b"".join(self._parts) if len(self._parts) > 1 else piece)
            self._parts = []

    def _advance(self, piece: bytes) -> None:
        """Move depth and string state over a piece."""
        braces = self._outside_strings(self._without_escapes(piece))
        while b"{}" in braces:
            braces = braces.replace(b"{}", b"")
        closing = braces.count(b"}")
        opening = len(braces) - closing
        if closing > self._depth or (closing and closing == self._depth and opening):
            raise Invalid("not a sequence of JSON objects", seen=piece[:60])
        self._depth += opening - closing

    def _without_escapes(self, piece: bytes) -> bytes:
        """The piece less its escaped backslashes and quotes; remembers a backslash that waits for its other half."""
        if self._escaping:
            self._escaping = False
            piece = piece[1:]
        if b"\\" not in piece:
            return piece
        piece = piece.replace(b"\\\\", b"")
        self._escaping = piece.endswith(b"\\")
        return piece.replace(b'\\"', b"")

    def _outside_strings(self, piece: bytes) -> bytes:
        """The braces outside strings."""
        structure = piece.translate(None, _NOT_STRUCTURE)
        if self._in_string:
            structure = b'"' + structure
        structure = structure.replace(b'""', b"")
        if b'"' not in structure:
            self._in_string = False
            return structure
        parts = structure.split(b'"')
        self._in_string = len(parts) % 2 == 0
        return b"".join(parts[::2])
