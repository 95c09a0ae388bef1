"""What an emulated device keeps of a password, instead of it."""

from __future__ import annotations

import hashlib


def hashed(user: str, password: str) -> str:
    """What is kept of a password: the form of SHA-512 crypt, which only an emulator's own check has to know again."""
    return "$6$emulator$" + hashlib.sha512(f"{user}:{password}".encode()).hexdigest()[:32]
