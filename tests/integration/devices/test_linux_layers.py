"""What the Linux driver tells of bridges, tunnels and queues is what the kernel of this machine has."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from cpal.drivers.devices import asked
from cpal.drivers.devices.frr.driver import DRIVER as FRR
from cpal.drivers.devices.linux.driver import DRIVER as LINUX
from cpal.drivers.devices.parse.asking import Driver, Questions
from cpal.model.device.spanning_tree import Bridge, SpanningTree

SETUP = """
ip link add br0 type bridge stp_state 1 priority 4096 forward_delay 200 hello_time 100
ip link add br1 type bridge stp_state 1 priority 8192 forward_delay 200 hello_time 100
ip link add br2 type bridge
ip link set br0 address 02:00:00:00:00:01
ip link set br1 address 02:00:00:00:00:02
ip link add v0 type veth peer name v1
ip link add w0 type veth peer name w1
ip link set v0 master br0
ip link set v1 master br1
ip link set w0 master br0
ip link set w1 master br1
ip link add vx7 type vxlan id 7 local 192.0.2.1 dstport 4789
ip link set vx7 master br2
ip address add 198.51.100.1/24 dev br2
for name in br0 br1 br2 v0 v1 w0 w1 vx7; do ip link set $name up; done
bridge fdb append 00:00:00:00:00:00 dev vx7 dst 192.0.2.9
bridge fdb append 02:00:00:00:00:99 dev vx7 dst 192.0.2.10
tc qdisc add dev v0 root handle 1: tbf rate 10mbit burst 32kbit latency 50ms
"""
DEADLINE_S = 60


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """Two bridges with two cables between them, a tunnel and a queue."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    name = f"cpal-layers-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "netns", "exec", name, "sh", "-ec", SETUP], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def answers(namespace: str, asks: Questions) -> tuple[Any, ...]:
    """What the kernel answers."""
    return tuple(
        asked.decoded(ask, subprocess.run(
            ["ip", "netns", "exec", namespace, "sh", "-c", ask.text], capture_output=True, text=True, check=True
        ).stdout) for ask in asks
    )  # fmt: skip


def told(namespace: str, getter: str, driver: Driver = LINUX) -> Any:
    """What a getter makes of it."""
    return asked.run(driver.getters[getter](), partial(answers, namespace))


@pytest.mark.parametrize("driver", [LINUX, FRR], ids=lambda driver: driver.name)
def test_bridges_agree_on_their_tree(namespace: str, driver: Driver) -> None:
    until = time.monotonic() + DEADLINE_S
    while True:
        first, second = sorted(told(namespace, "spanning_tree", driver), key=lambda each: str(each.name))
        states = [port.state for tree in (first, second) for port in tree.ports]
        if second.is_root is False and sorted(states) == ["blocking", *["forwarding"] * 3]:
            break
        assert time.monotonic() < until, (first, second)
        time.sleep(0.2)
    root = Bridge(priority=4096, mac_address="02:00:00:00:00:01")
    assert (first.name, first.is_root, first.root, first.bridge, first.root_port) == ("br0", True, root, root, None)
    assert (second.is_root, second.root, second.root_port) == (False, root, "v1")
    assert second.bridge == Bridge(priority=8192, mac_address="02:00:00:00:00:02")
    assert roles(first) == {"v0": "designated", "w0": "designated"}
    assert roles(second) == {"v1": "root", "w1": "alternate"}
    assert second.root_cost == next(port.cost for port in second.ports if port.interface == "v1")


def roles(tree: SpanningTree) -> dict[str, str | None]:
    """The role of each port."""
    return {port.interface: port.role for port in tree.ports}


def test_a_tunnel_and_its_other_ends(namespace: str) -> None:
    overlay = told(namespace, "evpn")
    [vni] = overlay.vnis
    assert (vni.vni, vni.interface, vni.gateway_interface, vni.local_vtep) == (7, "vx7", "br2", "192.0.2.1")
    assert vni.remote_vteps == ("192.0.2.9",), "floods go there"
    assert [(each.address, each.vnis) for each in overlay.vteps] == [("192.0.2.10", (7,)), ("192.0.2.9", (7,))]


def test_a_queue_and_its_rate(namespace: str) -> None:
    for driver in (LINUX, FRR):
        [queue] = next(each.queues for each in told(namespace, "qos", driver) if each.interface == "v0")
        assert (queue.name, queue.scheduler, queue.rate_bps) == ("1: root", "tbf", 10_000_000)
        assert told(namespace, "lags", driver) == ()
