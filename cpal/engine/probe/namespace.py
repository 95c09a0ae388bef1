"""Sockets in other network namespaces.

setns(2) moves one thread. A socket stays in the namespace that it was made in, so a thread of its own moves from one to
the next to make sockets, and ends with the run; no other thread of the process is moved.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from types import TracebackType

from cpal.errors import Denied, Exhausted

_CLONE_NEWNET = 0x40000000

_LIBC = ctypes.CDLL(None, use_errno=True)


class Namespaces:
    """The namespaces of a run, held open by path. Use as a context manager, in a thread made for it."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        self._current = ""

    def __enter__(self) -> Namespaces:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def enter(self, path: str) -> None:
        """Move the calling thread into the namespace.

        Raises:
            OSError: no namespace is there.
            Denied: not privileged to enter it.
        """
        if path == self._current:
            return
        try:
            if path not in self._open:
                self._open[path] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            if _LIBC.setns(self._open[path], _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
        except PermissionError as fault:
            raise Denied("may not enter the network namespace", key=path, remedy="run as root") from fault
        self._current = path

    def socket(self, path: str, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket of that namespace, non-blocking.

        Raises:
            OSError: the kernel has no such socket, or the namespace is gone.
            Denied: not privileged.
            Exhausted: too many files are open.
        """
        try:
            self.enter(path)
            return socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        except PermissionError as fault:
            raise Denied("may not make a raw socket", key=path, remedy="run as root") from fault
        except OSError as fault:
            if fault.errno in (errno.EMFILE, errno.ENFILE):
                raise Exhausted("too many open files", remedy="raise the limit (ulimit -n)") from fault
            raise
