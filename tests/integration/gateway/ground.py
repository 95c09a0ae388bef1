"""Machines in a row, each a namespace, cabled to its neighbours: 10.93.N.1 and 10.93.N.2 are the ends of cable N."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support import warm

PATIENCE_S = 20.0
SOFTWARE_SWITCH = """
set -e
ovsdb-tool create conf.db /usr/share/openvswitch/vswitch.ovsschema
ovsdb-server conf.db --remote=punix:db.sock --pidfile=ovsdb.pid --unixctl=ovsdb.ctl --detach --log-file=ovsdb.log
ovs-vsctl --db=unix:db.sock --no-wait init
ovs-vswitchd unix:db.sock --pidfile=switch.pid --unixctl=switch.ctl --detach --log-file=switch.log
"""


def run(*words: str, **options: Any) -> str:
    """What the program prints; it must succeed."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return str(done.stdout)


class Row:
    """Machines a, b ... in a row."""

    def __init__(self, names: str, directory: Path) -> None:
        self.directory = directory
        self._tag = f"cpalgw-{secrets.token_hex(3)}"
        self._names: list[str] = []
        self._programs: list[subprocess.Popen[str]] = []
        self._daemons: list[Path] = []
        for number, name in enumerate(names):
            run("ip", "netns", "add", self.namespace(name))
            self._names.append(name)
            self.ip(name, "link set lo up")
            if number:
                self._cable(names[number - 1], name, number)

    def namespace(self, name: str) -> str:
        """The name that ip-netns(8) knows."""
        return f"{self._tag}-{name}"

    def ip(self, name: str, *commands: str) -> None:
        """Commands of ip(8) in a machine."""
        for command in commands:
            run("ip", "-n", self.namespace(name), *command.split())

    def _cable(self, left: str, right: str, number: int) -> None:
        ends = ((left, f"to-{right}", 1), (right, f"to-{left}", 2))
        self.ip(left, f"link add to-{right} type veth peer name to-{left} netns {self.namespace(right)}")
        for name, link, at in ends:
            self.ip(name, f"link set {link} up", f"address add 10.93.{number}.{at}/24 dev {link}")
            self.ip(name, f"address add fd93:{number}::{at}/64 dev {link} nodad")
            self.run(name, "ethtool", "-K", link, "tx", "off")

    def inside(self, name: str, *words: str) -> list[str]:
        """The words that run a program in a machine."""
        return ["ip", "netns", "exec", self.namespace(name), *words]

    def run(self, name: str, *words: str) -> str:
        """What a program prints in a machine; it must succeed."""
        return run(*self.inside(name, *words))

    def start(self, name: str, *words: str) -> subprocess.Popen[str]:
        """A program in a machine, ended with the row."""
        program = subprocess.Popen(
            self.inside(name, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=_attentive,
        )  # fmt: skip
        self._programs.append(program)
        return program

    def vxlan(self, name: str, vni: int, local: str, remote: str, address: str, mtu: int = 1400) -> None:
        """A device of the kernel's that speaks VXLAN, with an address inside the network.

        It computes checksums itself: a cable of software leaves them to a card that is not there.
        """
        kind = f"type vxlan id {vni} local {local} remote {remote} dstport 4789"
        self.ip(name, f"link add inner {kind}", f"link set inner mtu {mtu} up", f"address add {address} dev inner")
        self.run(name, "ethtool", "-K", "inner", "tx", "off")

    def switch(self, name: str, link: str, tunnels: Sequence[str], address: str) -> None:
        """An Open vSwitch in user space: its tunnels end at what was the link's address, `inner` is inside them."""
        place = Path(tempfile.mkdtemp(prefix="ovs-", dir=self.directory))
        run(*self.inside(name, "sh", "-c", SOFTWARE_SWITCH), cwd=place, env=_environment(place))
        self._daemons.append(place)
        shown = json.loads(run("ip", "-json", "-n", self.namespace(name), "address", "show", "dev", link))[0]
        [outer] = [each["local"] for each in shown["addr_info"] if each["family"] == "inet"]
        words = f"-- add-br br-out -- set bridge br-out datapath_type=netdev other-config:hwaddr={shown['address']}"
        words += f" -- add-port br-out {link} -- add-br br-in -- set bridge br-in datapath_type=netdev"
        for number, tunnel in enumerate(tunnels):
            words += f" -- add-port br-in tunnel{number} -- set interface tunnel{number} {tunnel}"
        words += " -- add-port br-in inner -- set interface inner type=internal"
        run(*self.inside(name, "ovs-vsctl", f"--db=unix:{place}/db.sock", *words.split()[1:]), env=_environment(place))
        self.ip(name, f"address flush dev {link}", f"address add {outer}/24 dev br-out", "link set br-out up")
        self.ip(name, "link set inner mtu 1350 up", f"address add {address} dev inner")
        self.run(name, "ethtool", "-K", "inner", "tx", "off")

    def close(self) -> None:
        """Take everything away."""
        for program in self._programs:
            if program.poll() is None:
                program.kill()
            program.communicate()
        for place in self._daemons:
            for file in ("switch.pid", "ovsdb.pid"):
                with suppress(OSError, ValueError):
                    _end(int((place / file).read_text()))
        for name in self._names:
            subprocess.run(["ip", "netns", "del", self.namespace(name)], check=False)


def _environment(place: Path) -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **{f"OVS_{n}DIR": str(place) for n in ("RUN", "LOG", "DB")}}


def _attentive() -> None:
    """A runner in the background hands down that SIGINT is ignored: here it ends a program."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(pid: int) -> None:
    run("kill", str(pid))
    deadline = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


@contextmanager
def row(names: str) -> Iterator[Row]:
    """Machines in a row, with all of it gone in the end."""
    with tempfile.TemporaryDirectory(prefix="gw-") as directory:
        made = Row(names, Path(directory))
        try:
            yield made
        finally:
            made.close()


def gateway(row: Row, name: str, document: str) -> subprocess.Popen[str]:
    """A gateway that runs in a machine."""
    file = row.directory / f"{name}.yaml"
    file.write_text(document)
    program = row.start(name, warm.program("cpal"), "gateway", str(file), "--format", "json")
    assert program.stderr is not None
    said = ""
    while not said.endswith("\n") or not said.splitlines()[-1].startswith("note: "):
        line = program.stderr.readline()
        assert line, said
        said += line
    return program


def ended(program: subprocess.Popen[str]) -> dict[str, Any]:
    """What a gateway tells when it is interrupted."""
    program.send_signal(signal.SIGINT)
    told, said = program.communicate(timeout=PATIENCE_S)
    assert program.returncode == 0, said
    return dict(json.loads(told))
