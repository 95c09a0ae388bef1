"""Codecs without I/O: bytes in, frozen values out.

Theory. A module is a protocol: a frozen value for its header with what it carries, `decode` and `encode`. Decoding is
exact: every bit is in the value, reserved ones too, so that `encode(decode(data))` is what `data` begins with. What a
header says of lengths and checksums is kept beside what is there (`length`, `checksum`), and judged by whoever asks;
`None` in a value to be encoded has it computed. Any bytes decode or raise `WireError`, whose `key` is one of `FAULTS`.
`registry.CODECS` lists all codecs, and the tests fuzz what is listed.
"""
