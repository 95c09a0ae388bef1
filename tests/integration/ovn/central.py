"""OVN's central part in a directory of its own: both databases and ovn-northd, as real private processes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cpal.drivers.ovn.backend import OvnBackend
from cpal.model.target import Target
from tests.conformance.ovn_site import OvnSite
from tests.support.ovsdb_server import OvsdbServer, running

SCHEMAS = Path("/usr/share/ovn")
_COMPLAINT = re.compile(r"\|(?:WARN|ERR|EMER)\|")


class Central:
    """Both databases with northd between them. `site` is the Northbound one."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.site = OvnSite(SCHEMAS / "ovn-nb.ovsschema", directory / "nb")
        self.southbound = OvsdbServer(SCHEMAS / "ovn-sb.ovsschema", directory / "sb")
        self._northd: subprocess.Popen[bytes] | None = None

    def start_northd(self) -> None:
        """Start northd in the foreground, with a log of its own."""
        words = [
            "ovn-northd",
            f"--ovnnb-db={self.site.server.endpoint}",
            f"--ovnsb-db={self.southbound.endpoint}",
            f"--log-file={self.directory}/northd.log",
            f"--unixctl={self.southbound.control}.northd",
            "--verbose=file:info",
        ]
        environment = {**os.environ, "OVN_RUNDIR": str(self.directory), "OVS_RUNDIR": str(self.directory)}
        null = subprocess.DEVNULL
        self._northd = subprocess.Popen(words, stdin=null, stdout=null, stderr=null, env=environment)

    @property
    def northd_pid(self) -> int:
        """The process id of the running northd."""
        assert self._northd is not None
        return self._northd.pid

    def stop_northd(self) -> None:
        """Kill northd."""
        if self._northd is not None:
            self._northd.kill()
            self._northd.wait()
            self._northd = None

    def complaints(self) -> list[str]:
        """What northd has logged as warnings and errors."""
        log = (self.directory / "northd.log").read_text()
        return [line for line in log.splitlines() if _COMPLAINT.search(line)]

    def wait(self) -> None:
        """Return when northd has translated everything."""
        self.nbctl("--wait=sb", "--timeout=30", "sync")

    def nbctl(self, *words: str) -> str:
        """What ovn-nbctl says."""
        return _run("ovn-nbctl", f"--db={self.site.server.endpoint}", *words)

    def sbctl(self, *words: str) -> str:
        """What ovn-sbctl says."""
        return _run("ovn-sbctl", f"--db={self.southbound.endpoint}", *words)

    def add_chassis(self, name: str, address: str) -> None:
        """Register a hypervisor, as its ovn-controller would."""
        words = (
            f"-- --id=@e create Encap type=geneve ip={address} chassis_name={name}"
            f" -- --id=@c create Chassis name={name} encaps=@e -- create Chassis_Private name={name} chassis=@c"
        )
        self.sbctl(*words.split())

    def trace(self, switch: str, packet: str, form: str = "--minimal") -> str:
        """What ovn-trace says becomes of the first packet of a flow."""
        return _run("ovn-trace", f"--db={self.southbound.endpoint}", form, *["--ct=new"] * 8, switch, packet)

    async def connect(self, owner: str) -> OvnBackend:
        """The driver, with both databases."""
        endpoints = {"northbound": self.site.server.endpoint, "southbound": self.southbound.endpoint}
        return await OvnBackend.connect(Target(id="central", name="central", driver="ovn", endpoints=endpoints), owner)


@contextmanager
def central(directory: Path) -> Iterator[Central]:
    """The central part, running; gone afterwards. Skips where OVN is not installed."""
    for program in ("ovn-northd", "ovn-nbctl", "ovn-sbctl", "ovn-trace"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (packages ovn-central, ovn-common)")
    place = Central(directory)
    with running(place.site.server), running(place.southbound):
        place.start_northd()
        try:
            yield place
        finally:
            place.stop_northd()


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
