"""A fabric of leaves that run FRR: what is declared is what packets do there, and what it cannot hold is refused."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import cpal
from cpal.drivers.devices import asked
from cpal.drivers.devices.linux.parse import tunnels
from cpal.drivers.devices.parse.asking import Questions
from cpal.engine.credentials import PASSWORD
from cpal.engine.ssh import CONFIGURATION
from cpal.errors import Faults, NotFound, Rejected
from cpal.model.device.overlay import Overlay
from cpal.model.network import Network
from cpal.model.router import Router
from cpal.model.target import Project
from tests.scenario.stage import Stage, fabric_stage

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / "examples" / "fabric.yaml").read_text()
TWO_TENANTS = (ROOT / "examples" / "two-tenants.yaml").read_text()
LEAVES = ("leaf1", "leaf2", "leaf3")
GREEN = """
project: green
networks:
  lawn:
    port_security_enabled: false
    subnets: {lawn: {cidr: 10.0.1.0/24, enable_dhcp: false}}
instances:
  mole1: {network: lawn, host: leaf1}
  mole3: {network: lawn, host: leaf3}
"""
ROUTED = (
    GREEN
    + """
routers:
  gate: {interfaces: [lawn], routes: [{destination: 10.99.0.0/16, nexthop: 10.0.1.2}]}
"""
)


@pytest.fixture(scope="module")
def fabric() -> Iterator[Stage]:
    """Two spines, three leaves, and the example applied."""
    if os.geteuid() != 0:
        pytest.skip("a fabric is made of network namespaces, which need root")
    if not Path("/usr/lib/frr/zebra").exists():
        pytest.skip("FRR is not installed (package frr)")
    with fabric_stage(2, len(LEAVES)) as found:
        found.apply(EXAMPLE)
        yield found


def running(fabric: Stage) -> list[str]:
    """What the leaves' daemons and kernels are configured to."""
    links = "ip -n $name -br address | sed 's/@if[0-9]*//' | tr -s ' ' | cut -d' ' -f1,3- | sort"
    links = f"for name in $(ls /run/netns); do echo $name; {links}; done"
    return [
        fabric.run(leaf, *words)
        for leaf in LEAVES
        for words in (("vtysh", "-c", "show running-config"), ("sh", "-c", links))
    ]


def vtysh(fabric: Stage, leaf: str, words: str) -> dict[str, Any]:
    """What a leaf says in JSON."""
    found: dict[str, Any] = json.loads(fabric.run(leaf, "vtysh", "-c", words))
    return found


def test_the_example_is_what_packets_do(fabric: Stage) -> None:
    assert fabric.plan(EXAMPLE).empty
    assert fabric.disagreements() == []
    statuses = fabric.session.observe()
    plugged = {port.port_id for machine in fabric.lab.status().workloads for port in machine.interfaces}
    assert {statuses[port].status for port in plugged} == {"ACTIVE"}


def kernel(fabric: Stage, leaf: str, vrf: str, *words: str) -> list[dict[str, Any]]:
    """What the kernel of a leaf says in JSON, in a VRF or outside all."""
    prefix = () if vrf == "default" else ("ip", "netns", "exec", vrf)
    found: list[dict[str, Any]] = json.loads(fabric.run(leaf, *prefix, *words) or "[]")
    return found


def evpn_prefixes(fabric: Stage) -> list[int]:
    """How many EVPN prefixes leaf1 has from each peer, in ascending order."""
    return sorted(
        each["pfxRcd"] for each in vtysh(fabric, "leaf1", "show bgp l2vpn evpn summary json")["peers"].values()
    )


def test_devices_of_the_fabric_find_out_whom_they_reach(
    fabric: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("spine1", "spine2", *LEAVES)
    entries = {name: {"address": f"frr+file://{fabric.lab.directory / name}"} for name in names}
    (tmp_path / "inventory.yaml").write_text(json.dumps({"devices": entries}))
    monkeypatch.setattr("sys.argv", ["reachability.py", str(tmp_path / "inventory.yaml")])
    found = runpy.run_path(str(ROOT / "examples" / "reachability.py"), run_name="__main__")["found"]
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == list(names)
    assert [line.split()[0] for line in said[1:6]] == list(names)
    assert said[6:] == ["spine1 does not reach spine2", "spine2 does not reach spine1"], "they are of one AS"
    pings = [cell for row in found.cells.values() for cell in row.values() if cell.reachable]
    assert len(pings) == len(names) ** 2 - 2
    assert all(0 < each.rtt_min_ms <= each.rtt_avg_ms <= each.rtt_max_ms and each.received == 2 for each in pings)


def test_a_leaf_is_spoken_to_in_its_own_words(
    fabric: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = {"leaf1": {"address": f"frr+file://{fabric.lab.directory / 'leaf1'}"}, "here": "linux+local://here"}
    (tmp_path / "inventory.yaml").write_text(json.dumps({"devices": entries}))
    monkeypatch.setattr("sys.argv", ["native.py", str(tmp_path / "inventory.yaml")])
    runpy.run_path(str(ROOT / "examples" / "native.py"), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    release = fabric.run("leaf1", "vtysh", "-c", "show version").split()[1]
    assert said == [
        "leaf1 speaks FrrShell, which can configure, run, vtysh", f"leaf1 says {release}",
        "here speaks Shell, which can run", f"here says {os.uname().release}",
    ]  # fmt: skip


@pytest.fixture
def by_ssh(fabric: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real sshd that a client of SSH starts inside of leaf1 when it comes, and which lets one key in."""
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    (tmp_path / "sshd_config").write_text(
        f"HostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/user.pub\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin yes\n"
    )
    (tmp_path / "known_hosts").write_text(f"leaf1 {(tmp_path / 'host.pub').read_text()}")
    zebra = (fabric.lab.directory / "leaf1" / "zebra.pid").read_text().strip()
    inside = f"nsenter --target={zebra} --net --mount --uts"
    (tmp_path / "config").write_text(
        f"Host leaf1\n  IdentityFile {tmp_path}/user\n  UserKnownHostsFile {tmp_path}/known_hosts\n"
        f"  ProxyCommand {inside} -- /usr/sbin/sshd -i -E {tmp_path}/log -f {tmp_path}/sshd_config\n"
    )
    subprocess.run([*inside.split(), "mkdir", "-p", "/run/sshd"], check=True)
    monkeypatch.setenv(CONFIGURATION, str(tmp_path / "config"))
    monkeypatch.delenv(PASSWORD, raising=False)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.mark.usefixtures("by_ssh")
def test_a_leaf_tells_over_ssh_what_it_tells_here(fabric: Stage) -> None:
    here = f"frr+file://{fabric.lab.directory / 'leaf1'}"
    with cpal.device("frr://root@leaf1") as over, cpal.device(here) as beside:
        assert over.facts.hostname == beside.facts.hostname == "leaf1"
        for getter in ("interfaces_ip", "config"):
            assert over.tell(getter) == beside.tell(getter)
        assert over.native.vtysh("show version").strip() == fabric.run("leaf1", "vtysh", "-c", "show version")
        [vrf] = [name for name in over.network_instances if name not in ("default", "layer2")][:1]
        [own] = [each for each in over.addresses.values() if each.vrf == vrf and each.ipv4][:1]
        assert over.ping((own.ipv4 or ())[0].ip, vrf=vrf, count=1).reachable
        with pytest.raises(Rejected, match="Unknown command"):
            over.native.vtysh("show weather")
        before = fabric.run("leaf1", "vtysh", "-c", "show running-config")
        over.native.configure("interface lo\n description told over SSH\n")
        assert beside.interfaces["lo"].description == "told over SSH"
        over.native.configure("interface lo\n no description\n")
        assert fabric.run("leaf1", "vtysh", "-c", "show running-config") == before


def test_a_leaf_sends_echoes_from_the_vrf_that_it_is_told(fabric: Stage) -> None:
    with cpal.device(f"frr+file://{fabric.lab.directory / 'leaf1'}") as leaf:
        for vrf in fabric.run("leaf1", "ls", "/run/netns").split():
            for address in {each["local"] for link in kernel(fabric, "leaf1", vrf, "ip", "-j", "-4", "address")
                            for each in link["addr_info"] if link["ifname"] != "lo"}:  # fmt: skip
                assert leaf.ping(address, vrf=vrf, count=1).reachable
                assert not leaf.ping(address, count=1, wait_s=1).reachable, "the default VRF does not know it"
        nowhere = leaf.ping("203.0.113.9", count=1)
        assert (nowhere.sent, nowhere.error) == (0, "ping: connect: Network is unreachable")
        with pytest.raises(NotFound, match="it has default"):
            leaf.ping("192.0.2.1", vrf="nowhere")


def test_a_leaf_tells_as_a_device_what_vtysh_and_its_kernel_say(fabric: Stage) -> None:
    with cpal.device(f"frr+file://{fabric.lab.directory / 'leaf1'}") as leaf:
        assert f"FRRouting {leaf.facts.os_version} (leaf1)" in fabric.run("leaf1", "vtysh", "-c", "show version")
        vrfs = ["default", *fabric.run("leaf1", "ls", "/run/netns").split()]
        assert sorted(leaf.network_instances) == sorted(vrfs)
        seen = {vrf: kernel(fabric, "leaf1", vrf, "ip", "-j", "address") for vrf in vrfs}
        links = {
            (vrf, each["ifname"]): each
            for vrf in vrfs
            for each in seen[vrf]
            if (vrf == "default") or each["ifname"] != "lo"
        }
        inside = leaf.network_instances
        assert {(vrf, name) for vrf in vrfs for name in inside[vrf].interfaces} == set(links)
        states = {name: (each.mtu, each.admin_status == "UP") for name, each in leaf.interfaces.items()}
        assert states == {name: (each["mtu"], "UP" in each["flags"]) for (_, name), each in links.items()}
        addresses = {
            (each.vrf or "default", each.name, found.ip, found.prefix_length)
            for each in leaf.addresses.values()
            for found in (*(each.ipv4 or ()), *(each.ipv6 or ()))
        }
        assert addresses == {
            (vrf, name, found["local"], found["prefixlen"])
            for (vrf, name), each in links.items()
            for found in each["addr_info"]
            if found["scope"] != "host"
        }
        summary = vtysh(fabric, "leaf1", "show bgp summary json")["ipv4Unicast"]
        [default] = [each for each in leaf.bgp if each.vrf is None]
        assert (default.router_id, default.local_as) == (summary["routerId"], summary["as"])
        assert len(default.neighbors) == len(summary["peers"]) == 2
        assert {each.up for each in default.neighbors} == {True}
        counts = evpn_prefixes(fabric)
        told = leaf.bgp
        while (after := evpn_prefixes(fabric)) != counts:  # more come as hosts are heard of
            told, counts = leaf.bgp, after
        [default] = [each for each in told if each.vrf is None]
        counted = [family.accepted for each in default.neighbors for family in each.afi_safis if "evpn" in family.name]
        assert sorted(each or 0 for each in counted) == counts
        remote = {
            mac
            for table in vtysh(fabric, "leaf1", "show evpn mac vni all json").values()
            for mac, each in table.get("macs", {}).items()
            if each["type"] == "remote"
        }
        assert remote
        assert remote <= {each.mac_address for each in leaf.macs}
        routes = {(each.vrf, each.next_hop, each.interface) for each in leaf.routes("10.0.1.0/24") if each.active}
        assert routes == {
            (vrf, hop.get("gateway"), hop["dev"])
            for vrf in vrfs
            for each in kernel(fabric, "leaf1", vrf, "ip", "-4", "-j", "route", "show", "exact", "10.0.1.0/24")
            for hop in each.get("nexthops", [each])
        }
        assert (
            leaf.config.running == fabric.run("leaf1", "vtysh", "-c", "show running-config").split("!\n", 1)[1] + "\n"
        )
        with pytest.raises(Rejected, match="Unknown command"):
            leaf.native.vtysh("show weather")


def test_a_leaf_routes_by_layer_3_vnis_to_what_other_leaves_have(fabric: Stage) -> None:
    """Symmetric: what is elsewhere is reached through the VRF's own VNI, host by host, whatever networks are here."""
    port = fabric.port("blue", "web1")
    network, [address] = port.network_id, port.addresses
    router = router_of(fabric, "blue")
    vrf, vnis = router.vni, fabric.session.tunnel_keys().networks
    assert (vnis[vrf], vnis[network_vni(fabric, network)]) == (router.id, network)
    elsewhere = next(leaf for leaf in LEAVES if leaf != port.host_id and f"vrf{vrf}" in spaces(fabric, leaf))
    fabric.run("blue.web1", "ping", "-c", "1", "-w", "5", gateway(address))
    table = vtysh(fabric, elsewhere, f"show ip route vrf vrf{vrf} {address}/32 json")
    [route] = table[f"{address}/32"]
    assert {hop["interfaceName"] for hop in route["nexthops"]} == {f"br{vrf}"}


def test_what_a_leaf_cannot_hold_is_refused_with_a_sentence_for_each(fabric: Stage) -> None:
    before = running(fabric), fabric.session.estate.revision
    with pytest.raises(Faults) as refused:
        fabric.plan(TWO_TENANTS)
    said = {fault.field: fault.problem for fault in refused.value.faults if "(frr) cannot hold it" in fault.problem}
    assert "stateful" in said["security_groups"]
    assert "translates no addresses" in said["floating_ip_address"]
    assert "translate no addresses" in said["external_gateway_info"]
    assert "DHCP" in said["enable_dhcp"]
    assert "router advertisements" in said["ipv6_ra_mode"]
    assert (running(fabric), fabric.session.estate.revision) == before


def test_there_and_back_restores_what_the_leaves_were_configured_to(fabric: Stage) -> None:
    before = running(fabric)
    fabric.apply(GREEN)
    fabric.run("green.mole1", "ping", "-c", "1", "-w", "5", fabric.port("green", "mole3").addresses[0])
    fabric.apply(ROUTED)
    vrf = router_of(fabric, "green").vni
    assert "10.99.0.0/16" in vtysh(fabric, "leaf1", f"show ip route vrf vrf{vrf} json")
    fabric.run("green.mole1", "ping", "-c", "1", "-w", "5", fabric.port("green", "mole3").addresses[0])
    fabric.apply(GREEN)
    fabric.run("green.mole1", "ping", "-c", "1", "-w", "5", fabric.port("green", "mole3").addresses[0])
    fabric.destroy("green")
    assert running(fabric) == before


def test_a_leaf_that_refuses_leaves_all_as_they_were(fabric: Stage) -> None:
    """Its kernel has the VNI already, in a device of somebody else that goes by another name."""
    vni = 1 + max(vni for vni in fabric.session.tunnel_keys().networks if vni < 1 << 23)
    document = GREEN.replace(
        "  lawn:\n", f"  lawn:\n    provider: {{network_type: vxlan, segmentation_id: {vni}}}\n", 1
    )
    fabric.run("leaf3", "ip", "link", "add", "theirs", "type", "vxlan", "id", str(vni), "dstport", "4789",
               "local", "10.255.1.3", "nolearning")  # fmt: skip
    before = running(fabric), fabric.session.estate.revision
    try:
        with pytest.raises(Rejected, match="leaf3"):
            fabric.apply(document)
        assert (running(fabric), fabric.session.estate.revision) == before
    finally:
        fabric.run("leaf3", "ip", "link", "delete", "theirs")


def test_what_somebody_deletes_is_put_right(fabric: Stage) -> None:
    port = fabric.port("red", "web1")
    vrf = f"vrf{router_of(fabric, 'red').vni}"
    before = running(fabric)
    fabric.run(port.host_id, "ip", "-n", vrf, "link", "delete", f"br{network_vni(fabric, port.network_id)}")
    plan = fabric.session.plan()
    assert plan.targets[0].ops
    fabric.session.apply(plan)
    assert running(fabric) == before
    fabric.run("red.web1", "ping", "-c", "1", "-w", "5", fabric.port("red", "web2").addresses[0])


def test_a_tunnel_that_somebody_made_too_small_for_ipv6_is_put_right(fabric: Stage) -> None:
    """The bridge that it is in loses its IPv6 addresses then. Source: RFC 8200, section 5."""
    port = fabric.port("red", "web1")
    vni, vrf = network_vni(fabric, port.network_id), f"vrf{router_of(fabric, 'red').vni}"
    before = running(fabric)
    fabric.run(port.host_id, "ip", "-n", vrf, "link", "set", f"vx{vni}", "mtu", "1234")
    assert running(fabric) != before
    fabric.session.apply(fabric.session.plan())
    assert running(fabric) == before


def test_a_spine_is_enough(fabric: Stage) -> None:
    fabric.lab.kill("spine1/bgpd")
    try:
        fabric.run("red.web1", "ping", "-c", "3", "-i", "1", "-w", "20", fabric.port("red", "web2").addresses[0])
    finally:
        fabric.lab.start("spine1/bgpd")


def test_what_a_leaf_tells_of_evpn_is_what_vtysh_and_its_kernel_say(fabric: Stage) -> None:
    with cpal.device(f"frr+file://{fabric.lab.directory / 'leaf1'}") as leaf:
        overlay: Overlay = leaf.tell("evpn")
    brief = vtysh(fabric, "leaf1", "show evpn vni json")
    assert {str(each.vni): (each.kind, each.interface) for each in overlay.vnis} == {
        number: (each["type"], each["vxlanIf"]) for number, each in brief.items()
    }
    ends: dict[int, tuple[str | None, set[str]]] = {}
    for vrf in ["default", *fabric.run("leaf1", "ls", "/run/netns").split()]:
        found = asked.run(tunnels.evpn(), partial(_linux, fabric, vrf))
        ends |= {each.vni: (each.local_vtep, {*each.remote_vteps}) for each in found.vnis}
    assert {each.vni: each.local_vtep for each in overlay.vnis} == {vni: local for vni, (local, _) in ends.items()}
    switched = [each for each in overlay.vnis if each.kind == "L2"]
    assert {each.vni: {*each.remote_vteps} for each in switched} == {each.vni: ends[each.vni][1] for each in switched}
    assert all(each.route_distinguisher and each.import_route_targets for each in overlay.vnis)
    routed = [each for each in overlay.vnis if each.kind == "L3"]
    assert {(each.up, each.vrf) for each in routed} == {(True, f"vrf{each.vni}") for each in routed} != set()
    assert {each.address for each in overlay.vteps} == {end for each in overlay.vnis for end in each.remote_vteps}


def _linux(fabric: Stage, vrf: str, asks: Questions) -> tuple[Any, ...]:
    """What the kernel answers in the namespace of a VRF."""
    return tuple(kernel(fabric, "leaf1", vrf, *ask.text.split()) for ask in asks)


def router_of(fabric: Stage, project: str) -> Router:
    """The one router of a project."""
    [owner] = [found for found in fabric.session.estate.all(Project) if found.name == project]
    [router] = [found for found in fabric.session.estate.all(Router) if found.project_id == owner.id]
    return router


def network_vni(fabric: Stage, network_id: str) -> int:
    """The VNI of a network."""
    network = fabric.session.estate.get(Network, network_id)
    assert network is not None
    assert network.segmentation_id is not None
    return network.segmentation_id


def spaces(fabric: Stage, leaf: str) -> list[str]:
    """The VRFs of a leaf."""
    return fabric.run(leaf, "ls", "/run/netns").split()


def gateway(address: str) -> str:
    """The first address of the /24 that an address is in."""
    return address.rpartition(".")[0] + ".1"
