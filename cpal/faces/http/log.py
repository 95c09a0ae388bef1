"""The log of a server: lines for people, or an object a line for programs.

What an entry's `extra` has under `ABOUT` is its values by name: programs get them, people the sentence made of them.
"""

from __future__ import annotations

import logging
import time
from typing import TextIO

import msgspec

ABOUT = "about"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z"
        entry = {"time": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        entry |= getattr(record, ABOUT, {})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(entry).decode()


def begin(stream: TextIO, level: int, as_json: bool) -> None:
    """Write the log to a stream from now on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("httpx", "uvicorn.error"):  # their lines for each request and listener say nothing that ours do not
        logging.getLogger(name).setLevel(logging.WARNING)
