"""The unmodified `openstack` program, kept warm: its modules are imported once, and each call is a fork of that.

To start it takes two seconds of a processor each time, nearly all for imports. `warm(directory)` gives a directory for
PATH in which `openstack` hands its words, environment and files to a process that has them already.
"""

from __future__ import annotations

import array
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path

START_S = 60.0

SHIM = """\
#!{python} -IS
import array, json, os, socket, sys
with socket.socket(socket.AF_UNIX) as s:
    s.connect({socket!r})
    files = array.array("i", [0, 1, 2])
    s.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
    s.sendall(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode() + b"\\n")
    sys.exit(int(s.makefile().readline() or 70))
"""


@contextmanager
def warm(directory: Path) -> Iterator[Path]:
    """A directory with the program, until the block ends."""
    path = directory / "openstack.sock"
    shim = directory / "bin" / "openstack"
    shim.parent.mkdir(parents=True, exist_ok=True)
    shim.write_text(SHIM.format(python=sys.executable, socket=str(path)), encoding="utf-8")
    shim.chmod(0o755)
    with subprocess.Popen([sys.executable, __file__, str(path)]) as process:
        try:
            deadline = time.monotonic() + START_S
            while not path.exists():
                assert process.poll() is None, "the program could not be imported"
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield shim.parent
        finally:
            process.terminate()
            path.unlink(missing_ok=True)


def _serve(path: Path) -> None:
    """Take calls one after another, each in a process of its own."""
    import_all()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    fresh = path.with_suffix(".new")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(fresh))
        listener.listen(8)
        fresh.rename(path)
        while True:
            connection, _ = listener.accept()
            with connection:
                _answer(connection)


def import_all() -> None:
    """Import what the program's commands need, by asking it how one of them is used."""
    # lazy: only the process that stays needs it
    from openstackclient.shell import main

    for name in ("openstack.config.loader", "openstack.identity.v3._proxy", "openstack.network.v2._proxy"):
        import_module(name)
    for words in ("port create", "port list", "router show", "project create", "role add"):
        with Path(os.devnull).open("w", encoding="utf-8") as nothing, redirect_stdout(nothing), suppress(SystemExit):
            main([*words.split(), "--help"])
    logging.getLogger().handlers.clear()


def _answer(connection: socket.socket) -> None:
    _, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(3 * array.array("i").itemsize))
    files = array.array("i")
    files.frombytes(ancillary[0][2])
    words, environment, cwd = json.loads(connection.makefile().readline())
    child = os.fork()
    if not child:
        _become(words, environment, cwd, files.tolist())
    for file in files:
        os.close(file)
    _, status = os.waitpid(child, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(words: list[str], environment: dict[str, str], cwd: str, files: list[int]) -> None:
    # lazy: imported before the fork
    from openstackclient.shell import main

    code: object = 70
    try:
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(cwd)
        sys.argv = ["openstack", *words]
        code = main(words)
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
