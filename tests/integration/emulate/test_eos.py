"""The emulator of Arista EOS over eAPI, asked by a client that knows nothing but JSON-RPC."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cpal.errors import Conflict, Invalid
from cpal.lab.emulate.fleet import Wanted
from tests.support.emulated import Eapi, Running, emulated, until

CHANGE = ("vlan 10", "name red", "interface Ethernet2", "switchport access vlan 10")


@pytest.fixture
def running() -> Iterator[Running]:
    """Two switches, cabled by their first ports."""
    with emulated(Wanted("eos", "leaf1", boot_s=0.2), Wanted("eos", "leaf2", plain=True, boot_s=0.2)) as found:
        for one, other in (("leaf1", "leaf2"), ("leaf2", "leaf1")):
            found.order(one, "cables", port="Ethernet1", device=other, neighbour="Ethernet1")
        yield found


@pytest.fixture
def leaf(running: Running) -> Iterator[Eapi]:
    """A client of the first switch, over TLS."""
    client = Eapi(running["leaf1"].url)
    yield client
    client.close()


def vlans(client: Eapi) -> set[str]:
    """The VLANs of a switch."""
    return set(client.run("show vlan")[0]["vlans"])


def sessions(client: Eapi) -> dict[str, str]:
    """The state of each session of a switch."""
    return {name: each["state"] for name, each in client.run("show configuration sessions")[0]["sessions"].items()}


def test_it_says_what_it_is(leaf: Eapi, running: Running) -> None:
    version, name = leaf.run("show version", "show hostname")
    assert "emulator" in version["internalVersion"]
    assert name["hostname"] == "leaf1"
    assert httpx.get(f"{running.control_url}/devices").json()[0]["emulator"] is True


def test_a_session_changes_nothing_until_it_is_committed(leaf: Eapi) -> None:
    leaf.run("enable", "configure session one", *CHANGE, "end")
    assert sessions(leaf) == {"one": "pending"}
    assert vlans(leaf) == {"1"}
    changed = leaf.text("show session-config named one diffs")
    assert [line for line in changed.splitlines() if line[:1] in "+-"] == [
        "--- system:/running-config", "+++ session:/one-session-config", "+vlan 10", "+   name red", "+!",
        "+   switchport access vlan 10",
    ]  # fmt: skip
    leaf.run("enable", "configure session one", "commit")
    assert vlans(leaf) == {"1", "10"}
    assert leaf.run("show vlan 10")[0]["vlans"]["10"] == {
        "name": "red", "dynamic": False, "status": "active", "interfaces": {"Ethernet2": {"privatePromoted": False}},
    }  # fmt: skip


def test_an_aborted_session_is_forgotten(leaf: Eapi) -> None:
    leaf.run("enable", "configure session one", *CHANGE, "abort")
    assert sessions(leaf) == {}
    assert leaf.refusal("configure session one commit")[0] == 1000
    assert vlans(leaf) == {"1"}


def test_a_commit_with_a_timer_takes_itself_back(leaf: Eapi) -> None:
    before = leaf.text("show running-config")
    leaf.run("enable", "configure session one", *CHANGE, "commit timer 00:00:01")
    assert vlans(leaf) == {"1", "10"}
    assert sessions(leaf) == {"one": "pendingCommitTimer"}
    until(lambda: vlans(leaf) == {"1"})
    assert leaf.text("show running-config") == before
    assert sessions(leaf) == {"one": "aborted"}


def test_a_timer_that_is_confirmed_or_aborted_stops(leaf: Eapi) -> None:
    leaf.run("enable", "configure session one", *CHANGE, "commit timer 00:00:30")
    assert leaf.refusal("configure session two", "vlan 20", "commit timer 00:00:30")[0] == 1000
    leaf.run("enable", "configure session one commit")
    assert sessions(leaf)["one"] == "completed"
    assert vlans(leaf) == {"1", "10"}
    leaf.run("enable", "configure session three", "no vlan 10", "commit timer 00:00:30")
    leaf.run("enable", "configure session three abort")
    assert vlans(leaf) == {"1", "10"}


def test_a_reboot_brings_back_what_was_saved_and_nothing_else(leaf: Eapi, running: Running) -> None:
    leaf.run("enable", "configure", "vlan 20", "end", "write memory")
    leaf.run("enable", "configure session one", *CHANGE, "commit timer 00:10:00")
    boots = running.order("leaf1", "reboot")["boots"]
    until(lambda: running.fleet.devices["leaf1"].device.boots > boots and vlans(leaf))
    assert vlans(leaf) == {"1", "20"}
    assert sessions(leaf) == {}
    assert leaf.run("show version")[0]["uptime"] < 60


def test_while_it_is_down_nobody_answers(running: Running) -> None:
    client = Eapi(running["leaf2"].url)
    running.do("leaf2", lambda device: setattr(device, "boot_s", 5.0))
    running.order("leaf2", "reboot")
    with pytest.raises(httpx.TransportError):
        client.run("show version")
    client.close()


def test_switching_eapi_off_closes_the_door_and_a_timer_opens_it_again(leaf: Eapi) -> None:
    leaf.run("configure session out", "no management api http-commands", "commit timer 00:00:01")
    time.sleep(0.1)
    with pytest.raises(httpx.TransportError):
        leaf.run("show version")
    assert until(lambda: leaf.run("show version"))


@pytest.mark.parametrize(
    ("commands", "number", "error"),
    [
        (("show nothing",), 1, "Invalid input (at token 1: 'nothing')"),
        (("show vrf", "sho version"), 2, "Incomplete token (at token 0: 'sho')"),
        (("show",), 1, "Incomplete command (at token 0: 'show')"),
        (("configure", "interface Ethernet1", "ip address 10.0.0.1"), 3, "Invalid input (at token 2: '10.0.0.1')"),
        (("configure", "vlan 4095"), 2, "Invalid input (at token 1: '4095')"),
        (("configure", "interface Ethernet1", "mtu 99999"), 3, "Invalid input (at token 1: '99999')"),
        (("configure", "hostname"), 2, "Incomplete command (at token 0: 'hostname')"),
        (("configure", "router bgp 1", "router bgp 2"), 3, "BGP is already running with AS number 1"),
    ],
)
def test_what_it_does_not_know_is_refused_with_its_place(
    leaf: Eapi, commands: tuple[str, ...], number: int, error: str
) -> None:
    found = leaf.call(*commands)["error"]
    assert found["code"] == 1002
    assert found["message"].startswith(f"CLI command {number} of {len(commands)} '{commands[number - 1]}' failed: ")
    assert found["data"][number - 1] == {"errors": [error]}
    assert len(found["data"]) == number


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700),
        (b"[]", -32600),
        (b'{"jsonrpc": "1.0"}', -32600),
        (b'{"jsonrpc": "2.0", "method": "stop", "id": 1}', -32601),
        (b'{"jsonrpc": "2.0", "method": "runCmds", "params": {"version": 1}, "id": 1}', -32602),
        (b'{"jsonrpc": "2.0", "method": "runCmds", "params": {"version": 9, "cmds": []}, "id": 1}', -32602),
        (b'{"jsonrpc": "2.0", "method": "runCmds", "params": {"version": 1, "cmds": [1]}, "id": 1}', -32602),
    ],
)
def test_what_is_no_request_is_refused_in_json_rpc_s_words(running: Running, body: bytes, code: int) -> None:
    answer = httpx.post(f"{running['leaf2'].url}/command-api", content=body, auth=("admin", "admin"))
    assert answer.json()["error"]["code"] == code


def test_nobody_comes_in_with_another_password(running: Running) -> None:
    for auth in (("admin", "wrong"), ("nobody", "admin"), None):
        assert httpx.post(f"{running['leaf2'].url}/command-api", json={}, auth=auth).status_code == 401


def test_a_cable_is_seen_at_both_ends(leaf: Eapi, running: Running) -> None:
    assert leaf.run("show lldp neighbors")[0]["lldpNeighbors"] == [
        {"port": "Ethernet1", "neighborDevice": "leaf2", "neighborPort": "Ethernet1", "ttl": 120}
    ]
    status = leaf.run("show interfaces status")[0]["interfaceStatuses"]
    assert {status[port]["linkStatus"] for port in ("Ethernet1", "Management0")} == {"connected"}
    assert status["Ethernet2"]["linkStatus"] == "notconnect"
    running.order("leaf1", "cables", port="Ethernet1")
    assert leaf.run("show lldp neighbors")[0]["lldpNeighbors"] == []


def test_routes_follow_addresses_cables_and_static_routes(leaf: Eapi) -> None:
    leaf.run("configure", "interface Ethernet1", "no switchport", "ip address 10.0.0.1/30", "interface Ethernet2",
             "no switchport", "ip address 10.0.1.1/30", "ip route 10.9.0.0/16 10.0.0.2",
             "ip route 10.8.0.0/16 10.0.1.2")  # fmt: skip
    held = leaf.run("show ip route vrf default")[0]["vrfs"]["default"]["routes"]
    assert {network: each["routeType"] for network, each in held.items()} == {
        "10.0.0.0/30": "connected",
        "10.9.0.0/16": "static",
    }
    assert held["10.9.0.0/16"]["vias"] == [{"nexthopAddr": "10.0.0.2", "interface": "Ethernet1"}]


def test_stations_are_learned_and_a_reboot_forgets_them(leaf: Eapi, running: Running) -> None:
    leaf.run("configure", *CHANGE, "interface Vlan10", "ip address 192.0.2.1/24", "end", "write memory")
    running.order("leaf1", "stations", mac="02:00:00:00:00:05", vlan=10, port="Ethernet2", ip="192.0.2.5")
    (entry,) = leaf.run("show mac address-table")[0]["unicastTable"]["tableEntries"]
    assert (entry["vlanId"], entry["interface"], entry["entryType"]) == (10, "Ethernet2", "dynamic")
    (neighbour,) = leaf.run("show arp vrf all")[0]["vrfs"]["default"]["ipV4Neighbors"]
    assert (neighbour["address"], neighbour["interface"]) == ("192.0.2.5", "Vlan10, Ethernet2")
    running.order("leaf1", "reboot")
    assert until(lambda: leaf.run("show mac address-table"))[0]["unicastTable"]["tableEntries"] == []


def test_told_to_refuse_it_refuses_the_command_that_is_meant(leaf: Eapi, running: Running) -> None:
    running.order("leaf1", "faults", match="^commit", message="out of TCAM", skip=1)
    leaf.run("configure session one", "vlan 11", "commit")
    assert leaf.refusal("configure session two", "vlan 12", "commit") == (1000, "out of TCAM")
    assert vlans(leaf) == {"1", "11"}
    assert sessions(leaf)["two"] == "pending"


@pytest.mark.parametrize(("when", "held"), [("before", {"1"}), ("after", {"1", "13"})])
def test_told_to_drop_it_cuts_the_connection_before_or_after(
    leaf: Eapi, running: Running, when: str, held: set[str]
) -> None:
    running.order("leaf1", "faults", match="^commit$", action="drop", when=when)
    with pytest.raises(httpx.TransportError):
        leaf.run("configure session one", "vlan 13", "commit")
    assert vlans(leaf) == held


def test_told_to_hang_it_hangs_until_it_is_told_otherwise(running: Running) -> None:
    running.order("leaf2", "faults", match="show version", action="hang")
    client = httpx.Client(base_url=running["leaf2"].url, auth=("admin", "admin"), timeout=0.3)
    body = {"jsonrpc": "2.0", "method": "runCmds", "id": 1, "params": {"version": 1, "cmds": ["show version"]}}
    with pytest.raises(httpx.ReadTimeout):
        client.post("/command-api", json=body)
    assert httpx.delete(f"{running.control_url}/devices/leaf2/faults").json()["faults_struck"] == 1
    assert "result" in client.post("/command-api", json=body, timeout=30).json()
    client.close()


def test_told_to_reboot_in_a_commit_it_comes_back_as_it_was_saved(leaf: Eapi, running: Running) -> None:
    running.order("leaf1", "faults", match="^commit", action="reboot", when="after")
    with pytest.raises(httpx.TransportError):
        leaf.run("configure session one", "vlan 14", "commit")
    assert until(lambda: vlans(leaf)) == {"1"}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("leaf1/faults", {"action": "explode"}, 400),
        ("leaf1/faults", {"match": "("}, 400),
        ("leaf1/faults", {"action": "refuse", "when": "after"}, 400),
        ("leaf1/faults", {"match": "x", "unknown": 1}, 400),
        ("leaf1/cables", {"port": "Ethernet99", "device": "x"}, 404),
        ("leaf9/reboot", {}, 404),
        ("leaf1/explode", {}, 400),
    ],
)
def test_orders_that_cannot_be_are_refused(running: Running, path: str, body: dict[str, Any], status: int) -> None:
    answer = httpx.post(f"{running.control_url}/devices/{path}", json=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


def test_files_and_checkpoints_hold_configurations(leaf: Eapi) -> None:
    leaf.run("copy running-config flash:before", "configure checkpoint save here")
    leaf.run("configure", "vlan 30", "end")
    leaf.run("configure replace flash:before")
    assert vlans(leaf) == {"1"}
    leaf.run("configure", "vlan 31", "end", "configure checkpoint restore here")
    assert vlans(leaf) == {"1"}
    assert leaf.refusal("configure replace flash:nothing")[0] == 1000


def test_text_goes_through_pipes(leaf: Eapi) -> None:
    leaf.run("configure", "router bgp 65000", "neighbor 192.0.2.1 remote-as 65001", "vrf red", "rd 1:1")
    assert leaf.text("show running-config | section router bgp").splitlines() == [
        "router bgp 65000", "   neighbor 192.0.2.1 remote-as 65001", "   !", "   vrf red", "      rd 1:1",
    ]  # fmt: skip
    assert leaf.text("show running-config | include hostname") == "hostname leaf1\n"
    assert leaf.text("show running-config | section rd").splitlines() == [
        "router bgp 65000",
        "   vrf red",
        "      rd 1:1",
    ]
    assert "hostname" not in leaf.text("show running-config | exclude hostname")


def test_two_hundred_live_in_one_process() -> None:
    with emulated(*(Wanted("eos", f"leaf{n}", plain=True, delay_s=0.02) for n in range(200))) as found:
        names = set()
        for each in found.fleet.devices.values():
            client = Eapi(each.url)
            names.add(client.run("show hostname")[0]["hostname"])
            client.close()
        assert names == {f"leaf{n}" for n in range(200)}


def test_what_cannot_be_emulated_is_said() -> None:
    with pytest.raises(Invalid, match="no emulator"), emulated(Wanted("cumulus", "one")):
        pass
    with pytest.raises(Invalid, match="two devices"), emulated(Wanted("eos", "one"), Wanted("eos", "one")):
        pass
    with (
        emulated(Wanted("eos", "one")) as found,
        pytest.raises(Conflict, match="nothing can listen"),
        emulated(Wanted("eos", "two", port=found["one"].port)),
    ):
        pass
