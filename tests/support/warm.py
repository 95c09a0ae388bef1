"""Programs in Python kept warm: the modules of one are imported once, and each call is a process forked from that.

`cpal` takes one second of a processor to start and `openstack` two, nearly all for imports. `program(name)` is a
command that hands its words, environment, directory and files to a process which has imported them already, and ends
as that ends. A signal to the command reaches it, which may listen to one that was ignored; where the command is killed,
it is killed. `worker` says which process it is.

A call from another network or mount namespace is done there. What a fork cannot be is started itself instead: the
program on a terminal, as another user, among other processes. A module of the tests is a program too, by its whole
name: its `main` is what is called.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import logging
import marshal
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from tests.source import ROOT

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENTERED = ("mnt", "net")
"""The namespaces that a fork enters where it is called from others. Source: setns(2)."""
SHARED = ("pid", "user")

SHIM = """\
#!{python} -IS
import _signal, _socket, marshal, os, sys
places = [os.readlink("/proc/self/ns/" + name) for name in {shared}]
if any(map(os.isatty, range(3))) or [os.geteuid(), *places] != {here}:
    os.execv({itself!r}[0], [*{itself!r}, *sys.argv[1:]])
child = []
ignored = [number for number in {forwarded} if _signal.getsignal(number) == _signal.SIG_IGN]
for number in {forwarded}:
    _signal.signal(number, lambda number, _: child and os.kill(child[0], number))
umask = os.umask(0)
os.umask(umask)
call = marshal.dumps([sys.argv[1:], dict(os.environ), os.getcwd(), umask, ignored])
s = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
s.connect({address!r})
namespaces = [os.open("/proc/self/ns/" + name, os.O_RDONLY) for name in {entered}]
files = b"".join(file.to_bytes(4, sys.byteorder) for file in [0, 1, 2, *namespaces])
s.sendmsg([len(call).to_bytes(8, sys.byteorder)], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
for start in range(0, len(call), {chunk}):
    s.send(call[start:start + {chunk}])
child.append(int(s.recv(32)))
with open("/proc/self/comm", "w") as comm:
    comm.write(str(child[0]))
s.send(b"known")
code = int(s.recv(32) or b"70")
if code < 0:
    if -code != _signal.SIGKILL:
        _signal.signal(-code, _signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""
CHUNK = 65536
LATER = (
    "cpal.engine.postgresql", "cpal.faces.backing_up", "cpal.faces.cli.get_device", "cpal.faces.cli.get_records",
    "cpal.faces.cli.import_switches", "cpal.faces.cli.picture", "cpal.faces.doctor", "cpal.faces.documents.telling",
    "cpal.faces.http.log", "cpal.faces.identity.keystone", "cpal.faces.nova.notifier", "cpal.faces.nova.telling",
    "cpal.faces.peer.drift_found", "cpal.faces.peer.planned", "cpal.faces.serving", "cpal.faces.verify",
    "openstack.network.v2._proxy", "rich.table", "uvloop",
)  # fmt: skip
"""What cpal's verbs load when they are used, and not before."""


class Call(NamedTuple):
    """What a process is given: its words, environment, directory, umask, the signals that it ignores, files, places."""

    words: list[str]
    environment: dict[str, str]
    directory: str
    umask: int
    ignored: list[int]
    files: list[int]
    """Its standard input, output and error."""
    namespaces: list[int]
    """Files of the namespaces that it is to be in."""


@cache
def program(name: str) -> str:
    """The command of a program, `cpal`, `openstack` or a module; its warm process ends with this one.

    Raises:
        AssertionError: the program could not be imported.
    """
    directory = Path(tempfile.mkdtemp(prefix="cpal-warm-"))
    address = f"{directory}/socket"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, name, address], env=environment, cwd=ROOT, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    atexit.register(process.communicate)
    assert process.stdout
    assert process.stdout.readline() == b"ready\n", f"{name} could not be imported"
    command = directory / "bin" / name
    command.parent.mkdir()
    here = [os.geteuid(), *(str(Path(f"/proc/self/ns/{namespace}").readlink()) for namespace in SHARED)]
    itself = [sys.executable, "-m", name] if "." in name else [str(Path(sys.executable).with_name(name))]
    command.write_text(
        SHIM.format(
            python=sys.executable, itself=itself, here=here, address=address, entered=ENTERED, shared=SHARED,
            forwarded=tuple(map(int, FORWARDED)), chunk=CHUNK,
        ),
        encoding="utf-8",
    )  # fmt: skip
    command.chmod(0o755)
    return str(command)


def worker(command: int) -> int:
    """The process that does the work of a running command, whose process this is.

    The command is called by that number before the work begins. Source: proc_pid_comm(5)
    """
    name = Path(f"/proc/{command}/comm").read_text().strip()
    return int(name) if name.isdecimal() else command


def _serve(address: str) -> Call:
    """Take calls, each in a process of its own, until standard input ends. Returns in those processes only."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen(64)
        os.write(1, b"ready\n")
        while True:
            ready, _, _ = select.select([listener.fileno(), 0], [], [])
            _account()
            if 0 in ready:
                shutil.rmtree(Path(address).parent)
                os._exit(0)
            connection, _ = listener.accept()
            if not os.fork():
                listener.close()
                return _attend(connection)
            connection.close()


def _account() -> None:
    """Add the times of calls that have ended to this process's own, for who measures it. Source: wait(2)"""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue


def _attend(connection: socket.socket) -> Call:
    """Have a call done by a child, once the command knows it, and say how it ends. Returns in the child only."""
    call = _received(connection)
    known, knows = os.pipe()
    child = os.fork()
    if not child:
        connection.close()
        os.close(knows)
        os.read(known, 1)
        os.close(known)
        return call
    for file in (0, 1, known, *call.files, *call.namespaces):
        os.close(file)
    connection.send(b"%d" % child)
    connection.recv(32)
    os.close(knows)
    watched = os.pidfd_open(child)
    if watched not in select.select([connection.fileno(), watched], [], [])[0]:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with suppress(OSError):
        connection.send(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _received(connection: socket.socket) -> Call:
    length, files, _, _ = socket.recv_fds(connection, 8, 3 + len(ENTERED))
    data = b""
    while len(data) < int.from_bytes(length, sys.byteorder):
        data += connection.recv(CHUNK)
    words, environment, directory, umask, ignored = marshal.loads(data)
    return Call(words, environment, directory, umask, ignored, files[:3], files[3:])


def _become(program: str, call: Call) -> None:
    """Take on what a process is given."""
    for number, file in enumerate(call.files):
        os.dup2(file, number)
        os.close(file)
    for namespace, name in zip(call.namespaces, ENTERED, strict=True):
        if not os.path.sameopenfile(namespace, (own := os.open(f"/proc/self/ns/{name}", os.O_RDONLY))):
            _enter(namespace)
        os.close(own)
        os.close(namespace)
    os.environ.clear()
    os.environ.update(call.environment)
    os.chdir(call.directory)
    os.umask(call.umask)
    for number in FORWARDED:
        usual: Any = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN if number in call.ignored else usual)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  a file without a path, for good
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  the same
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115  the same
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]  # as at a start
    sys.argv = [program, *call.words]


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # Python 3.11 has no os.setns
    if libc.setns(namespace, 0):
        raise OSError(ctypes.get_errno(), "setns")


def _cpal() -> Callable[[], int]:
    """cpal's entry, with the modules of all its verbs and drivers."""
    # lazy: only the process that stays needs it
    from cpal.engine.targets import DRIVERS, driver
    from cpal.faces.cli.main import VERBS, main

    for name in (*(verb.place.partition(":")[0] for verb in VERBS.values()), *LATER):
        import_module(name)
    for name in DRIVERS:
        driver(name)
    return main


def _openstack() -> Callable[[], int]:
    """openstackclient's entry, with what its commands need: it is asked how some are used."""
    # lazy: only the process that stays needs it
    from openstackclient.shell import main

    for name in ("openstack.config.loader", "openstack.identity.v3._proxy", "openstack.network.v2._proxy"):
        import_module(name)
    for words in ("port create", "port list", "router show", "project create", "role add"):
        with Path(os.devnull).open("w", encoding="utf-8") as nothing, redirect_stdout(nothing), suppress(SystemExit):
            main([*words.split(), "--help"])
    logging.getLogger().handlers.clear()
    return lambda: int(main(sys.argv[1:]) or 0)


PROGRAMS = {"cpal": _cpal, "openstack": _openstack}


def _stay(name: str, address: str) -> NoReturn:
    """Wait for calls; in the process of one, do it, and end as an interpreter does, but free nothing first."""
    entry = PROGRAMS[name]() if name in PROGRAMS else import_module(name).main
    gc.collect()
    gc.freeze()
    _become(name, _serve(address))
    try:
        code: object = entry()
    except SystemExit as end:
        code = end.code
    threading._shutdown()  # type: ignore[attr-defined]  # what the interpreter calls at its end
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    _stay(*sys.argv[1:])
