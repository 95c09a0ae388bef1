"""`cpal doctor overlay` on a lab in which one thing after another is broken by hand: each is found and named."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from cpal.engine import ssh
from cpal.engine.doctor.facts import ask
from cpal.engine.doctor.finding import Finding
from cpal.errors import Unreachable
from cpal.faces.cli.main import program
from tests.scenario.stage import Stage, stage

DOCUMENTS = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
instances:
  web1: {network: web, host: hv1}
  web2: {network: web, host: hv2}
"""
LARGEST = 1442 + 58
"""Bytes: what network web carries, with Geneve, OVN's option and UDP over IPv4 around it."""
PATIENCE_S = 20.0

RAW_UDP = """
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
for _ in range(3):
    s.sendto(struct.pack("!4H", 4000, 4001, 12, 0xBAD) + b"oops", ("172.31.0.11", 0))
"""
"""Sends datagrams with a wrong checksum."""


@pytest.fixture(scope="module")
def broken() -> Iterator[Stage]:
    """A lab to break."""
    with stage() as found:
        found.apply(DOCUMENTS)
        yield found


def wrong(stage: Stage) -> list[Finding]:
    """The problems that the doctor finds."""
    return [finding for finding in stage.session.examine_overlay() if finding.level == "problem"]


def found(stage: Stage, check: str, host: str, *words: str) -> Finding:
    """The problem of that kind on that host that has these words in it, as soon as it is told."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        told = wrong(stage)
        for each in told:
            said = f"{each.message} / {each.evidence} / {each.remedy}"
            if (each.check, each.host) == (check, host) and all(word in said for word in words):
                return each
        assert time.monotonic() < deadline, told


def well(stage: Stage) -> None:
    """Return when the doctor finds no problem."""
    deadline = time.monotonic() + PATIENCE_S
    while told := wrong(stage):
        assert time.monotonic() < deadline, told


def test_a_lab_that_nobody_broke_is_well_and_says_why(broken: Stage) -> None:
    well(broken)
    told = {(each.check, each.host): each for each in broken.session.examine_overlay() if each.level == "ok"}
    for here, there in (("hv1", "172.31.0.12"), ("hv2", "172.31.0.11")):
        assert there in told["mesh", here].evidence
        assert f"a ping of {LARGEST} bytes" in told["mtu", here].evidence
        assert told["checksum", here].message == "no packet came with a wrong checksum"
    assert ("vni", "") in told


def test_a_small_mtu_is_found_on_the_link_itself_and_on_the_way(broken: Stage) -> None:
    well(broken)
    broken.run("hv1", "ovs-vsctl", "set", "interface", "br-ul", "mtu_request=1450")
    found(broken, "mtu", "hv1", "packets above 1450 bytes", f"up to {LARGEST}", "br-ul has an MTU of 1450", "to 1392")
    broken.run("hv1", "ovs-vsctl", "set", "interface", "br-ul", "mtu_request=9000")
    broken.run("underlay", "ip", "link", "set", "u-hv2", "mtu", "1400")
    said = found(broken, "mtu", "hv1", "packets above 1400 bytes", f"raise the underlay's MTU to {LARGEST}")
    assert "every link of hv1 would let it out" in said.evidence
    broken.run("underlay", "ip", "link", "set", "u-hv2", "mtu", "9000")
    well(broken)


def test_an_address_that_is_not_there_is_found(broken: Stage) -> None:
    well(broken)
    broken.run("hv2", "ovs-vsctl", "set", "open_vswitch", ".", "external_ids:ovn-encap-ip=172.31.0.99")
    found(broken, "mesh", "hv2", "tunnels end at 172.31.0.99", "has no such address", "ovn-encap-ip=ADDRESS")
    found(broken, "mesh", "hv1", "nothing gets to hv2", "172.31.0.99")
    broken.run("hv2", "ovs-vsctl", "set", "open_vswitch", ".", "external_ids:ovn-encap-ip=172.31.0.12")
    well(broken)


def test_what_is_wrong_with_the_tunnels_of_a_dead_controller_is_found(broken: Stage) -> None:
    well(broken)
    name = broken.run("hv2", "ovs-vsctl", "--columns=name", "--bare", "find", "interface", "type=geneve")
    broken.lab.kill("hv2/ovn-controller")
    broken.run("hv2", "ovs-vsctl", "set", "interface", name, "options:key=7")
    found(broken, "vni", "hv2", f"{name} sends everything with VNI 7", "options:key=flow")
    broken.run("hv2", "ovs-vsctl", "set", "interface", name, "options:dst_port=6082", "options:key=flow")
    found(broken, "vni", "hv1, hv2", "different UDP ports for geneve", "6081 at hv1", "6082 at hv2")
    broken.run("hv2", "ovs-vsctl", "del-port", "br-int", name)
    found(broken, "mesh", "hv2", "no tunnel to hv1 (172.31.0.11)", "tunnels to nobody", "ovn-controller")
    stray = ("interface", "ovn-gone-0", "type=geneve", "options:remote_ip=172.31.0.77", "options:key=flow")
    broken.run("hv2", "ovs-vsctl", "add-port", "br-int", "ovn-gone-0", "--", "set", *stray)
    said = found(broken, "mesh", "hv2", "a tunnel to 172.31.0.77, where no hypervisor is", "del-port br-int")
    broken.run("hv2", *said.remedy.rpartition("hv2: ")[2].split())
    broken.lab.start("hv2/ovn-controller")
    well(broken)


def test_wrong_checksums_are_counted(broken: Stage) -> None:
    well(broken)
    broken.run("hv2", "python3", "-c", RAW_UDP)
    said = found(broken, "checksum", "hv1", "wrong checksum", "UdpInCsumErrors is 3")
    assert "ethtool -K LINK" in said.remedy
    assert not [each for each in wrong(broken) if each.host == "hv2"]


def test_the_program_says_the_same_and_ends_accordingly(broken: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPAL_HOME", str(broken.home))
    expected = [(each.check, each.level, each.host) for each in broken.session.examine_overlay()]
    result = CliRunner().invoke(program, ["doctor", "overlay", "--format", "json", "--quiet"], standalone_mode=False)
    assert [(each["check"], each["level"], each["host"]) for each in json.loads(result.stdout)] == expected
    assert bool(result.return_value) == any(level == "problem" for _, level, _ in expected)
    table = CliRunner().invoke(program, ["doctor", "overlay", "--quiet", "--detail"], standalone_mode=False).stdout
    assert table.count("evidence: ") == len(expected)


@contextmanager
def ssh_servers(stage: Stage, directory: Path) -> Iterator[Path]:
    """A configuration for ssh, by which a real sshd in the hypervisor's namespace answers for each hypervisor."""
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / key)], check=True)
    (directory / "authorized").write_text((directory / "user.pub").read_text())
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    blocks = [f"IdentityFile {directory / 'user'}", f"UserKnownHostsFile {directory / 'known'}", "User root"]
    for hypervisor in stage.lab.hypervisors:
        variables = [word for word in stage.run(hypervisor.name, "env").splitlines() if word.startswith("OVS_")]
        server = directory / f"{hypervisor.name}.conf"
        server.write_text(
            f"HostKey {directory / 'host'}\nAuthorizedKeysFile {directory / 'authorized'}\nStrictModes no\nUsePAM no\n"
            f"SetEnv {' '.join(variables)}\nPermitRootLogin prohibit-password\n"
        )
        enter = f"ip netns exec {hypervisor.namespace} /usr/sbin/sshd -i -f {server}"
        blocks += [f"Host {hypervisor.name}", f"  ProxyCommand {enter}"]
    configuration = directory / "config"
    configuration.write_text("\n".join(blocks) + "\n")
    yield configuration


def test_hypervisors_elsewhere_are_asked_by_ssh(
    broken: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ssh_servers(broken, tmp_path) as configuration:
        monkeypatch.setenv(ssh.CONFIGURATION, str(configuration))
        with pytest.raises(Unreachable, match="ssh does not get there: Host key verification failed") as refused:
            ssh.run("hv1", ["true"])
        assert "known_hosts" in refused.value.remedy
        public = " ".join((tmp_path / "host.pub").read_text().split()[:2])
        (tmp_path / "known").write_text(f"hv1 {public}\nhv2 {public}\n")
        by_ssh, in_lab = (ask("hv1", run) for run in (_by_ssh, _in_lab(broken)))
    assert by_ssh.interfaces == in_lab.interfaces
    assert by_ssh.features == in_lab.features
    assert by_ssh.addresses == in_lab.addresses


def _by_ssh(host: str, words: object) -> ssh.Ran:
    return ssh.run(host, words)  # type: ignore[arg-type]  # as it came


def _in_lab(stage: Stage) -> Callable[..., ssh.Ran]:
    def run(host: str, words: list[str]) -> ssh.Ran:
        done = stage.lab.run(host, words)
        return ssh.Ran(done.exit_code, done.stdout, done.stderr)

    return run
