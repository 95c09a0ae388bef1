"""Passwords as argon2id hashes, worked out in threads so that nobody else waits.

Source: https://www.rfc-editor.org/rfc/rfc9106 (argon2id),
https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id (its cost: 19 MiB, 2 passes)
"""

from __future__ import annotations

import asyncio
import os
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from cpal.faces.identity.database import Database

AT_ONCE = max(1, os.cpu_count() or 1)
"""How many hashes are worked out at once: more would only wait for each other, and hold memory."""

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""What hashes passwords, and how costly that is."""


class Passwords:
    """The secrets of users and application credentials, by their id."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobodys = _nobodys()

    async def hash(self, password: str) -> str:
        """The hash to keep of a password."""
        async with self._turns:
            return await asyncio.to_thread(HASHER.hash, password)

    def keep(self, owner: str, hash: str) -> None:
        """Let the owner's secret be the one of this hash."""
        keep(self._db, owner, hash)

    async def right(self, owner: str, password: str) -> bool:
        """Whether the password is the owner's. Takes as long when there is no such owner."""
        row = self._db.row("SELECT hash FROM secrets WHERE owner = ?", owner)
        async with self._turns:
            right = await asyncio.to_thread(_matches, row[0] if row else self._nobodys, password)
        return right and row is not None and row == self._db.row("SELECT hash FROM secrets WHERE owner = ?", owner)


def keep(database: Database, owner: str, hash: str) -> None:
    """Let the owner's secret be the one of this hash."""
    statement = "INSERT INTO secrets VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET hash = excluded.hash"
    database.change(statement, owner, hash)


@cache
def _nobodys() -> str:
    """The hash that a password is held against where there is none."""
    return HASHER.hash("a password that opens nothing")


def _matches(hash: str, password: str) -> bool:
    try:
        return HASHER.verify(hash, password)
    except (Argon2Error, InvalidHashError):
        return False
