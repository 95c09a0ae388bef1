"""Workloads follow what is wanted: plugged, changed in place, moved, taken away, also when a run was killed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec
import pytest

from cpal.errors import AlreadyTaken, Invalid, TimedOut
from cpal.lab import workloads as plugging
from cpal.lab.lab import Lab
from cpal.lab.records import Workload

from .conftest import make_topology, prefix_of, workload
from .test_lab_life import kill_within, script

WEB1 = workload("web1", "hv1", mtu=1442, dhcp4=True, slaac=True)
WEB2 = workload("web2", "hv2", mtu=1442, dhcp4=True, slaac=True)


def ping(lab: Lab, source: str, address: str) -> bool:
    """Whether a ping from `source` is answered."""
    return lab.run(source, ["ping", "-c", "1", "-i", "0.2", "-w", "10", address]).exit_code == 0


def plugged(lab: Lab) -> set[Workload]:
    """The workloads that the lab says are plugged."""
    return set(lab.status().workloads)


def bridge_ports(lab: Lab) -> set[str]:
    """Logical ports that are bound on any hypervisor, as Open vSwitch has them."""
    words = ["ovs-vsctl", "--bare", "--columns=external_ids", "find", "Interface", "external_ids:iface-id!=''"]
    texts = [lab.run(hypervisor.name, words).stdout for hypervisor in lab.hypervisors]
    return {word.removeprefix("iface-id=") for text in texts for word in text.split() if word.startswith("iface-id=")}


def test_workloads_become_what_is_wanted(lab: Lab) -> None:
    lab.up(2)
    make_topology(lab)
    assert lab.reconcile([WEB1, WEB2]).plugged == ("web1", "web2")
    assert lab.reconcile([WEB1, WEB2]).unchanged == ("web1", "web2")
    assert plugged(lab) == {WEB1, WEB2}
    with subprocess.Popen(lab.exec_argv("web1", ["sleep", "60"])) as kept:
        moved = msgspec.structs.replace(WEB1, hypervisor="hv2")
        assert lab.reconcile([moved, WEB2]).changed == ("web1",)
        assert ping(lab, "web1", "10.0.1.12")
        assert kept.poll() is None
        kept.kill()
    done = lab.reconcile([moved])
    assert (done.unplugged, done.unchanged) == (("web2",), ("web1",))
    assert bridge_ports(lab) == {"web1"}
    assert lab.reconcile([]).unplugged == ("web1",)
    assert bridge_ports(lab) == set()
    assert plugged(lab) == set()


def test_what_was_broken_by_hand_is_plugged_again(lab: Lab) -> None:
    lab.up(2)
    make_topology(lab)
    lab.reconcile([WEB1, WEB2])
    subprocess.run(["ip", "netns", "delete", prefix_of(lab) + "web1"], check=True)
    subprocess.run(lab.exec_argv("web2", ["ip", "link", "delete", "eth0"]), check=True)
    assert plugged(lab) == set()
    assert lab.reconcile([WEB1, WEB2]).changed == ("web1", "web2")
    assert plugged(lab) == {WEB1, WEB2}
    assert ping(lab, "web1", "10.0.1.12")


def test_workloads_survive_the_healing_of_their_hypervisor(lab: Lab) -> None:
    lab.up(2)
    make_topology(lab)
    lab.reconcile([WEB1, WEB2])
    for daemon in ("hv1/ovs-vswitchd", "hv1/ovn-controller", "sb", "northd"):
        lab.kill(daemon)
    lab.up(2)
    assert plugged(lab) == {WEB1, WEB2}
    assert ping(lab, "web1", "10.0.1.12")
    subprocess.run(["ip", "netns", "delete", prefix_of(lab) + "hv1"], check=True)
    lab.up(2)
    assert plugged(lab) == {WEB2}
    lab.reconcile([WEB1, WEB2])
    assert ping(lab, "web1", "10.0.1.12")


@pytest.mark.parametrize("daemon", ["hv1/ovs-vswitchd", "hv2/ovs-vswitchd"])
def test_packets_pass_as_soon_as_a_switch_is_healed(lab: Lab, daemon: str) -> None:
    lab.up(2)
    make_topology(lab)
    lab.reconcile([WEB1, WEB2])
    lab.kill(daemon)
    lab.up(2)
    assert lab.run("web1", ["ping", "-c", "1", "-W", "3", "10.0.1.12"]).exit_code == 0


def test_workloads_survive_the_loss_of_all_around_them(lab: Lab) -> None:
    flat = workload("flat1", "hv1", addresses=("203.0.113.31/24",))
    lab.up(2)
    make_topology(lab)
    lab.reconcile([WEB1, WEB2, flat])
    for lost in (["underlay"], ["tor"], ["outside-flat", "outside-vlan42"]):
        subprocess.run(["ip", "-batch", "-"], input="".join(f"netns delete {prefix_of(lab)}{n}\n" for n in lost),
                       text=True, check=True)  # fmt: skip
        lab.up(2)
        assert plugged(lab) == {WEB1, WEB2, flat}
        assert ping(lab, "web1", "10.0.1.12"), lost
        assert ping(lab, "flat1", "203.0.113.254"), lost


def test_a_killed_run_is_finished_by_the_next(lab: Lab) -> None:
    lab.up(2)
    make_topology(lab)
    wanted = lab.directory.parent / "wanted.json"
    wanted.write_bytes(msgspec.json.encode([WEB1, WEB2]))
    lines = (
        "import msgspec; from cpal.lab.records import Workload; "
        f"lab.reconcile(msgspec.json.decode(Path({str(wanted)!r}).read_bytes(), type=list[Workload]))"
    )
    for _ in range(3):
        kill_within(script(lines, lab.directory), 0.6)
        lab.reconcile([WEB1, WEB2])
        assert ping(lab, "web1", "10.0.1.12")
        kill_within(script("lab.reconcile([])", lab.directory), 0.3)
        lab.reconcile([])
        assert bridge_ports(lab) == set()
        assert not Path("/run/netns", prefix_of(lab) + "web1").exists()


def test_a_port_that_ovn_does_not_know_is_named(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugging, "CLAIM_TIMEOUT_S", 0.5)
    lab.up(1)
    with pytest.raises(TimedOut, match="flat1"):
        lab.reconcile([workload("flat1", "hv1", addresses=("203.0.113.31/24",))])
    assert [found.name for found in lab.status().workloads] == ["flat1"]


def test_two_interfaces_are_two_cables(lab: Lab) -> None:
    lab.up(1)
    make_topology(lab)
    [web], [flat] = WEB1.interfaces, workload("flat1", "hv1", addresses=("203.0.113.31/24",)).interfaces
    both = Workload(name="acme.router-1", hypervisor="hv1", interfaces=(web, flat))
    lab.reconcile([both])
    found = {entry.address: entry.interface for entry in lab.addresses("acme.router-1")}
    assert (found["10.0.1.11/24"], found["203.0.113.31/24"]) == ("eth0", "eth1")
    assert ping(lab, "acme.router-1", "203.0.113.254")
    assert lab.reconcile([msgspec.structs.replace(both, interfaces=(web,))]).changed == ("acme.router-1",)
    assert {entry.interface for entry in lab.addresses("acme.router-1")} == {"eth0"}


def test_what_cannot_be_plugged_is_refused(lab: Lab) -> None:
    lab.up(1)
    [interface] = WEB1.interfaces
    twice = Workload(name="two", hypervisor="hv1", interfaces=(interface,))
    with pytest.raises(AlreadyTaken, match="web1"):
        lab.reconcile([WEB1, twice])
    with pytest.raises(AlreadyTaken, match="this name"):
        lab.reconcile([WEB1, WEB1])
    for wrong in ({"mac_address": "01:00:5e:00:00:01"}, {"mtu": 20}, {"addresses": ("10.0.0.300/24",)}):
        bad = msgspec.structs.replace(WEB1, interfaces=(msgspec.structs.replace(interface, **wrong),))
        with pytest.raises(Invalid, match="web1"):
            lab.reconcile([bad])
    for name in ("../etc", "", "a b", "-x"):
        with pytest.raises(Invalid):
            lab.reconcile([Workload(name=name, hypervisor="hv1")])
    assert plugged(lab) == set()
