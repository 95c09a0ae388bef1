"""A lab comes up, is seen, healed and taken away, whatever dies in between."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cpal.errors import Conflict, Invalid, NotFound, Unreachable
from cpal.lab import daemons
from cpal.lab.lab import Lab
from cpal.lab.layout import Layout

from .conftest import left_behind, prefix_of, workload

RUN = "import sys; from pathlib import Path; from cpal.lab.lab import Lab; {}"


def script(words: str, directory: Path) -> list[str]:
    """A process of its own that does something with the lab in `directory`."""
    return [sys.executable, "-c", RUN.format(f"lab = Lab(Path(sys.argv[1])); {words}"), str(directory)]


def kill_within(argv: list[str], seconds: float) -> None:
    """Start `argv` and kill -9 it at a random moment within `seconds`."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(random.uniform(0, seconds))
    process.send_signal(signal.SIGKILL)
    process.wait()


def pids(lab: Lab) -> dict[str, int | None]:
    """Process ids of the lab's daemons by name."""
    return {daemon.name: daemon.pid for daemon in lab.status().daemons}


def tunnels(lab: Lab, hypervisor: str) -> str:
    """Remote ends of a hypervisor's tunnels, as its Open vSwitch has them."""
    words = ["ovs-vsctl", "--bare", "--columns=options", "find", "Interface", "type=geneve"]
    return lab.run(hypervisor, words).stdout


def meets(lab: Lab, source: str, address: str) -> bool:
    """Whether `source` gets an answer from `address`."""
    return lab.run(source, ["ping", "-c", "1", "-i", "0.2", "-w", "10", address]).exit_code == 0


def test_a_lab_comes_up_and_goes_without_trace(lab: Lab) -> None:
    said: list[str] = []
    assert lab.status().state == "down"
    status = lab.up(2, report=said.append)
    assert (status.state, status.missing) == ("up", ())
    assert [hypervisor.name for hypervisor in status.hypervisors] == ["hv1", "hv2"]
    assert said
    chassis = lab.run("central", ["ovn-sbctl", "--bare", "--columns=name", "list", "Chassis"]).stdout
    assert sorted(chassis.split()) == ["hv1", "hv2"]
    assert 'remote_ip="172.31.0.12"' in tunnels(lab, "hv1").replace("remote_ip=172.31.0.12", 'remote_ip="172.31.0.12"')
    assert meets(lab, "hv1", status.hypervisors[1].underlay_address)
    for daemon in status.daemons:
        assert Path(f"/proc/{daemon.pid}").is_dir(), daemon
    before = pids(lab)
    assert lab.up(2).state == "up"
    assert pids(lab) == before
    subprocess.run(lab.exec_argv("outside-flat", ["sh", "-c", "sleep 300 & sleep 300 &"]), check=True)
    lab.down()
    assert left_behind(lab.directory, prefix_of(lab)) == []
    lab.down()


def test_nothing_of_a_lab_is_in_the_hosts_network(lab: Lab) -> None:
    def host() -> str:
        return "".join(
            subprocess.run(["ip", "-brief", kind, "show"], capture_output=True, text=True, check=True).stdout
            for kind in ("link", "address", "route")
        )

    before = host()
    lab.up(2)
    assert host() == before


def test_hypervisors_are_added_to_a_running_lab(lab: Lab) -> None:
    lab.up(1)
    before = pids(lab)
    assert [hypervisor.name for hypervisor in lab.up(3).hypervisors] == ["hv1", "hv2", "hv3"]
    after = pids(lab)
    assert {name: after[name] for name in before} == before
    assert meets(lab, "hv3", lab.hypervisors[0].underlay_address)
    assert len(lab.up(1).hypervisors) == 3


def test_two_labs_do_not_know_of_each_other(lab: Lab, cpal_home: Path) -> None:
    other = Lab(cpal_home / "other")
    try:
        lab.up(1)
        other.up(1, "vxlan")
        before = pids(lab)
        assert set(before.values()).isdisjoint(pids(other).values())
        other.down()
        assert left_behind(other.directory, prefix_of(other)) == []
        assert pids(lab) == before
        assert lab.status().state == "up"
    finally:
        other.down()


def test_every_dead_daemon_is_seen_and_healed(lab: Lab) -> None:
    lab.up(2)
    for name in pids(lab):
        lab.kill(name)
        status = lab.status()
        assert (status.state, status.missing) == ("broken", (name,))
        with pytest.raises(Unreachable, match=name):
            lab.reconcile([])
        assert lab.up(2).state == "up"
        assert meets(lab, "hv1", lab.hypervisors[1].underlay_address), name


def test_a_daemon_is_started_again_alone(lab: Lab) -> None:
    lab.up(2)
    for name in ("northd", "hv1/ovs-vswitchd"):
        lab.kill(name)
        lab.start(name)
        assert lab.status().state == "up"
        with pytest.raises(Conflict):
            lab.start(name)
    assert meets(lab, "hv2", lab.hypervisors[0].underlay_address)
    with pytest.raises(NotFound, match="hv1/ovn-controller"):
        lab.kill("no-such-daemon")


@pytest.mark.parametrize("name", ["hv2", "tor", "underlay", "outside-flat"])
def test_a_lost_namespace_is_seen_and_healed(lab: Lab, name: str) -> None:
    lab.up(2)
    subprocess.run(["ip", "netns", "delete", prefix_of(lab) + name], check=True)
    status = lab.status()
    assert status.state == "broken"
    assert name in status.missing
    with pytest.raises(Unreachable):
        lab.exec_argv(name, ["true"])
    assert lab.up(2).state == "up"
    assert meets(lab, "hv1", lab.hypervisors[1].underlay_address)


def test_up_works_after_up_was_killed_at_any_moment(lab: Lab) -> None:
    for _ in range(4):
        kill_within(script("lab.up(2)", lab.directory), 0.8)
        assert lab.up(2).state == "up"
        assert meets(lab, "hv1", lab.hypervisors[1].underlay_address)
        lab.down()
        assert left_behind(lab.directory, prefix_of(lab)) == []


def test_down_leaves_nothing_after_up_or_down_was_killed_at_any_moment(lab: Lab) -> None:
    for _ in range(4):
        kill_within(script("lab.up(2)", lab.directory), 0.8)
        lab.down()
        assert left_behind(lab.directory, prefix_of(lab)) == []
    for _ in range(2):
        lab.up(1)
        kill_within(script("lab.down()", lab.directory), 0.4)
        lab.down()
        assert left_behind(lab.directory, prefix_of(lab)) == []


def test_a_daemon_that_came_up_since_those_there_were_ended_is_started_anew(lab: Lab) -> None:
    lab.up(1)
    layout = Layout(lab.directory)
    for daemon in daemons.node(layout, "hv1", "netdev"):
        daemon.start(layout)
    assert lab.status().state == "up"


def test_processes_take_turns(lab: Lab) -> None:
    running = [subprocess.Popen(script("lab.up(2)", lab.directory)) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert lab.status().state == "up"


def test_a_directory_may_be_as_long_as_unix_sockets_allow(cpal_home: Path) -> None:
    socket = "/central/ovnnb_db.sock"
    long = cpal_home / ("d" * (107 - len(f"{cpal_home}/{socket}")))
    with pytest.raises(Invalid, match="1 bytes too long"):
        Lab(long.with_name(long.name + "d"))
    lab = Lab(long)
    try:
        assert lab.up(1).state == "up"
        assert lab.run("hv1", ["ovs-appctl", "version"]).stdout.startswith("ovs-vswitchd")
    finally:
        lab.down()
    assert left_behind(lab.directory, prefix_of(lab)) == []


def test_a_directory_that_is_no_lab_is_left_alone(cpal_home: Path) -> None:
    precious = cpal_home / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("ten years")
    with pytest.raises(Conflict, match="not a lab"):
        Lab(precious).up(1)
    Lab(precious).down()
    assert (precious / "thesis.txt").read_text() == "ten years"
    with pytest.raises(Conflict, match="not a directory"):
        Lab(precious / "thesis.txt").up(1)


def test_what_cannot_be_is_refused_with_nothing_changed(lab: Lab) -> None:
    with pytest.raises(Invalid):
        lab.up(0)
    with pytest.raises(Invalid, match="geneve, vxlan"):
        lab.up(1, "stt")  # type: ignore[arg-type]  # what the refusal is about
    with pytest.raises(Unreachable, match="cpal lab up"):
        lab.reconcile([])
    with pytest.raises(Unreachable, match="cpal lab up"):
        lab.exec_argv("hv1", ["true"])
    assert not lab.directory.exists()
    lab.up(1)
    with pytest.raises(Conflict, match="runs with geneve"):
        lab.up(1, "vxlan")
    with pytest.raises(NotFound, match="hv1, outside-flat, outside-vlan42"):
        lab.exec_argv("nobody", ["true"])
    with pytest.raises(NotFound, match="there are: hv1"):
        lab.reconcile([workload("web1", "hv9")])
    with pytest.raises(Invalid, match="belongs to the lab"):
        lab.reconcile([workload("web1", "hv1").__class__(name="tor", hypervisor="hv1")])


@pytest.mark.parametrize(
    ("hide", "said"),
    [
        (
            "mount --bind /dev/null $(command -v ovn-northd)",
            "Missing ovn-northd: no such program; install .* ovn-central",
        ),
        ("mount --bind /dev/null $(command -v udhcpc)", "Missing udhcpc: no such program; install .* udhcpc"),
        ("mount -t tmpfs none /dev/net", "Missing this kernel has no tun/tap devices"),
    ],
)
def test_what_the_machine_lacks_is_named(cpal_home: Path, hide: str, said: str) -> None:
    lines = "\ntry: lab.up(1)\nexcept Exception as fault: print(type(fault).__name__, fault)"
    inside = ["unshare", "--mount", "sh", "-ec", f'{hide}; exec "$@"', "sh", *script(lines, cpal_home / "lab")]
    done = subprocess.run(inside, capture_output=True, text=True, check=True)
    assert re.match(said, done.stdout), done.stdout
    assert not (cpal_home / "lab").exists()
