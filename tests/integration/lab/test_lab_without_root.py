"""A plain user's lab lives in a user namespace, does what root's does, and leaves as little behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cpal.lab.lab import Lab

from .conftest import left_behind, prefix_of
from .test_lab_life import RUN

AS_NOBODY = """
mkdir "$0/dev"
mount -t tmpfs tmpfs "$0/dev"
mknod -m "$1" "$0/dev/tun" c 10 200
mount --bind "$0/dev/tun" /dev/net/tun
shift
exec setpriv --reuid=65534 --regid=65534 --clear-groups \\
  --inh-caps=+dac_read_search --ambient-caps=+dac_read_search "$@"
"""
"""Runs in a mount namespace: gives /dev/net/tun the mode $1 and runs the rest as a plain user.

The one capability lets the interpreter be read wherever it is installed; it is lost in the user namespace.
"""

IMPORTS = """
import os
from cpal.lab.records import Interface, Workload
from cpal.lab.pids import recorded
from cpal.lab.processes import until
"""

LIFE = """
lab = Lab(Path(sys.argv[1]))
assert lab.status().state == "down"
status = lab.up(2)
assert status.state == "up", status
assert lab.up(2).daemons == status.daemons
assert lab.run("hv1", ["ping", "-c1", "-w5", status.hypervisors[1].underlay_address]).exit_code == 0
assert lab.run("outside-flat", ["cat", "/sys/class/net/eth0/address"]).stdout.strip() == "02:cb:00:71:00:fe"
assert lab.run("central", ["ovn-nbctl", "ls-add", "web"]).exit_code == 0
port = ["lsp-add", "web", "one", "--", "lsp-set-addresses", "one", "unknown"]
assert lab.run("central", ["ovn-nbctl", *port]).exit_code == 0
interface = Interface(port_id="one", mac_address="02:00:00:00:00:01", addresses=("10.0.0.1/24",))
assert lab.reconcile([Workload(name="w", hypervisor="hv2", interfaces=(interface,))]).plugged == ("w",)
assert "10.0.0.1/24" in {entry.address for entry in lab.addresses("w")}
lab.kill("hv1/ovs-vswitchd")
assert lab.status().missing == ("hv1/ovs-vswitchd",)
assert lab.up(2).state == "up"
record = lab.directory / "holder.started"
os.kill(recorded(record), 9)
until(lambda: recorded(record) is None, 5, "the holder's end")
assert lab.status().state == "broken"
assert lab.up(2).state == "up"
assert [workload.name for workload in lab.status().workloads] == []
lab.reconcile([Workload(name="w", hypervisor="hv1", interfaces=(interface,))])
lab.down()
print("lived")
"""


REFUSED = """
from cpal.errors import Denied
try:
    Lab(Path(sys.argv[1])).{}
except Denied as fault:
    print(fault)
"""


def nobody(home: Path, lines: str, tun_mode: str = "666") -> str:
    """What Python's `lines` print when run by a plain user, to whom `home` is writable."""
    home.parent.chmod(0o711)
    home.chmod(0o777)
    code = RUN.format(IMPORTS) + lines
    argv = ["unshare", "--mount", "sh", "-ec", AS_NOBODY, str(home), tun_mode, sys.executable, "-c", code]
    done = subprocess.run([*argv, str(home / "lab")], capture_output=True, text=True, check=False)
    (home / "dev").rmdir()
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_plain_users_lab_lives_heals_and_goes(cpal_home: Path) -> None:
    lab = Lab(cpal_home / "lab")
    assert nobody(cpal_home, LIFE) == "lived\n"
    assert left_behind(lab.directory, prefix_of(lab)) == []


def test_nothing_of_a_plain_users_lab_is_among_the_machines_namespaces(cpal_home: Path) -> None:
    lines = """
lab = Lab(Path(sys.argv[1]))
try:
    assert lab.up(1).state == "up"
    print(*os.listdir("/run/netns"))
finally:
    lab.down()
"""
    assert prefix_of(Lab(cpal_home / "lab")) not in nobody(cpal_home, lines)


@pytest.mark.parametrize("verb", ["up(1)", "down()", "status()", "reconcile([])", "exec_argv('hv1', ['true'])"])
def test_another_users_lab_is_not_touched(lab: Lab, verb: str) -> None:
    lab.up(1)
    assert "belongs to another user; run: sudo cpal lab" in nobody(lab.directory.parent, REFUSED.format(verb))
    assert lab.status().state == "up"


def test_who_may_not_use_tun_is_told_the_command(cpal_home: Path) -> None:
    said = nobody(cpal_home, REFUSED.format("up(1)"), tun_mode="600")
    assert said == "/dev/net/tun: only root may use tun/tap devices here; run: sudo cpal lab up\n"
    assert not (cpal_home / "lab").exists()
