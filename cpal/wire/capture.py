"""A capture file as it is read: pieces of bytes in, packets out, with memory for one piece whatever the file's size."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cpal.errors import WireError
from cpal.wire import pcap, pcapng
from cpal.wire.records import Index, Record


class Piece(NamedTuple):
    """A buffer and where the packets are in it."""

    data: bytes
    found: Index


Walk = Callable[[bytes, int, pcap.Form, int], Index]
"""What finds the records of a pcap file, as `pcap.index` does."""


class Capture:
    """The state of reading one file, of either format.

    `feed` it the file in pieces of any size, then ask for the record that was `cut` off at its end.
    """

    def __init__(self, walk: Walk = pcap.index) -> None:
        self._walk = walk
        self._rest = b""
        self._offset = 0
        self._form: pcap.Form | None = None
        self._reader: pcapng.Reader | None = None

    def feed(self, data: bytes) -> Piece:
        """The packets that are whole with these bytes.

        Raises:
            WireError: no capture, or a damaged one; says at which offset.
        """
        buffer = self._rest + data
        if self._form is None and self._reader is None and not self._begin(buffer):
            self._rest = buffer
            return Piece(buffer, Index.empty())
        start = pcap.HEADER if self._form and not self._offset else 0
        index = self._index(buffer, start)
        self._rest = buffer[index.end :]
        self._offset += index.end
        return Piece(buffer, index)

    def cut(self) -> Record | None:
        """The packet that the end of the file cuts off, if so much of it is there; None where the file ends well.

        Raises:
            WireError: the file ends elsewhere, or is no capture.
        """
        if self._form is not None:
            start = 0 if self._offset else pcap.HEADER
            return pcap.cut(self._rest, start, self._form, self._offset)
        if self._reader is not None:
            return self._reader.cut(self._rest, 0, self._offset)
        if not self._rest:
            raise WireError("the file is empty (offset 0)")
        if pcap.is_pcap(self._rest):
            pcap.form(self._rest)
        raise _no_capture(self._rest)

    def _begin(self, buffer: bytes) -> bool:
        """Whether the format is known now."""
        if pcapng.is_pcapng(buffer):
            self._reader = pcapng.Reader()
        elif len(buffer) >= pcap.HEADER and pcap.is_pcap(buffer):
            self._form = pcap.form(buffer)
        elif len(buffer) >= 4 and not pcap.is_pcap(buffer):
            raise _no_capture(buffer)
        return self._form is not None or self._reader is not None

    def _index(self, buffer: bytes, start: int) -> Index:
        if self._form is not None:
            return self._walk(buffer, start, self._form, self._offset)
        if self._reader is None:
            raise _no_capture(buffer)
        return self._reader.index(buffer, start, self._offset)


def _no_capture(data: bytes) -> WireError:
    begins = f"it begins with {data[:4].hex(' ')}" if data else "it is empty"
    return WireError(f"neither pcap nor pcapng: {begins} (offset 0)")
