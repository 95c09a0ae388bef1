"""Codecs without I/O: bytes in, frozen values out."""
