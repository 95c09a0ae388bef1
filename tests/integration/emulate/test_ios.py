"""The emulator of Cisco IOS over SSH: a command line as people and programs type it, files, reverting timers."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
from collections.abc import Iterator

import paramiko
import pytest
from scp import SCPClient, SCPException

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.support.emulated import PATIENCE_S, Running, emulated, until

MINUTE_S = 0.4
"""How long a minute of the switch's timers takes."""
PROMPT = r"(?<![^\n])[\w.-]+(?:\([\w-]+\))?[#>]$"


class Line:
    """One who types at a command line, and knows nothing but SSH."""

    def __init__(self, running: Running, name: str = "leaf1", user: str = USER, password: str = PASSWORD) -> None:
        self.client = connected(running, name, user, password)
        self._channel = self.client.invoke_shell(width=200)
        self._channel.settimeout(PATIENCE_S)
        self.prompt = ""
        self.until(PROMPT)

    def until(self, pattern: str) -> str:
        """What is printed until something matches at its end."""
        printed = ""
        while not (found := re.search(pattern, printed)):
            more = self._channel.recv(65536)
            if not more:
                raise EOFError(printed)
            printed = (printed + more.decode()).replace("\r\n", "\n")
        self.prompt = found[0].strip()
        return printed[: found.start()]

    def keys(self, text: str) -> None:
        """Type, without waiting."""
        self._channel.sendall(text.encode())

    def type(self, line: str, pattern: str = PROMPT) -> str:
        """What a line comes to, without its echo."""
        self.keys(f"{line}\n")
        return self.until(pattern).removeprefix(line).removeprefix("\n")

    def configure(self, *lines: str) -> None:
        """Configure lines, all of which are taken."""
        for line in ("configure terminal", *lines, "end"):
            assert "%" not in self.type(line), line

    def close(self) -> None:
        """Go away."""
        self.client.close()


def connected(running: Running, name: str, user: str = USER, password: str = PASSWORD) -> paramiko.SSHClient:
    """A connection to a switch."""
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.MissingHostKeyPolicy())
    client.connect("127.0.0.1", running[name].port, user, password, allow_agent=False, look_for_keys=False,
                   timeout=PATIENCE_S, banner_timeout=PATIENCE_S, auth_timeout=PATIENCE_S)  # fmt: skip
    return client


@pytest.fixture(scope="module")
def fleet() -> Iterator[Running]:
    """A switch whose first port is cabled."""
    with emulated(Wanted("ios", "leaf1", boot_s=0.2, minute_s=MINUTE_S)) as found:
        found.order("leaf1", "cables", port="GigabitEthernet0/1", device="leaf2", neighbour="GigabitEthernet0/7")
        yield found


@pytest.fixture
def running(fleet: Running) -> Iterator[Running]:
    """The switch, which is as it was when it came."""
    yield fleet

    def renewed(device: Device) -> None:
        device.faults.clear()
        device.run(device.factory(device))
        device.save()

    until(lambda: not fleet["leaf1"].device.down)
    fleet.do("leaf1", renewed)


@pytest.fixture
def line(running: Running) -> Iterator[Line]:
    """Somebody at its command line, who will not have pages."""
    found = Line(running)
    found.type("terminal length 0")
    yield found
    found.close()


def vlans(running: Running) -> set[str]:
    """The VLANs of the switch, as a single command says them."""
    with contextlib.closing(connected(running, "leaf1")) as client:
        text = client.exec_command("show vlan brief", timeout=PATIENCE_S)[1].read().decode()
    return set(re.findall(r"^(\d+) ", text, re.MULTILINE))


def reached(running: Running) -> set[str]:
    """The VLANs, or none where nobody answers."""
    try:
        return vlans(running)
    except (OSError, paramiko.SSHException):
        return set()


def test_it_says_what_it_is(line: Line) -> None:
    assert "an emulator and no Cisco software" in line.type("show version")
    assert line.prompt == "leaf1#"
    assert line.type("show privilege") == "Current privilege level is 15\n"


def test_modes_have_prompts_and_words_may_be_cut_short(line: Line) -> None:
    prompts = []
    for typed in (
        "conf t", "int gi0/1", "desc to the spine", "no shut", "router bgp 65000", "neigh 192.0.2.1 remote 1",
        "address-family ipv4", "exit-address-family", "int range g0/2 - 3 , g0/5", "sw acc vl 7",
    ):  # fmt: skip
        assert line.type(typed).replace("Enter configuration commands, one per line.  End with CNTL/Z.\n", "") == ""
        prompts.append(line.prompt)
    assert prompts == ["leaf1(config)#", "leaf1(config-if)#", "leaf1(config-if)#", "leaf1(config-if)#",
                       "leaf1(config-router)#", "leaf1(config-router)#", "leaf1(config-router-af)#",
                       "leaf1(config-router)#", "leaf1(config-if)#", "leaf1(config-if)#"]  # fmt: skip
    assert line.type("do sh run int g0/5").splitlines()[-4:] == [
        "interface GigabitEthernet0/5", " switchport access vlan 7", "end", "",
    ]  # fmt: skip
    line.keys("\x1a")
    line.until(PROMPT)
    assert line.prompt == "leaf1#"
    ports = line.type("sh run | sec ^interface GigabitEthernet0/[1-4]")
    assert re.findall(r"^(?:interface \S+|.*(?:vlan|description).*)$", ports, re.MULTILINE) == [
        "interface GigabitEthernet0/1", " description to the spine", "interface GigabitEthernet0/2",
        " switchport access vlan 7", "interface GigabitEthernet0/3", " switchport access vlan 7",
        "interface GigabitEthernet0/4",
    ]  # fmt: skip
    assert line.type("sh run | inc remote-as") == " neighbor 192.0.2.1 remote-as 1\n"


def test_what_it_does_not_know_is_refused_where_it_stands(line: Line) -> None:
    marked = "% Invalid input detected at '^' marker.\n"
    assert line.type("show nothing") == f"{' ' * len('leaf1#show ')}^\n{marked}"
    assert line.type("show") == "% Incomplete command.\n"
    assert line.type("co t") == '% Ambiguous command:  "co t"\n'
    assert "Unknown command or computer name" in line.type("foo")
    line.type("conf t")
    assert line.type("vlan 4095") == f"{' ' * len('leaf1(config)#vlan ')}^\n{marked}"
    line.type("interface gi0/2")
    assert line.type("ip adress 192.0.2.1 255.255.255.0") == f"{' ' * len('leaf1(config-if)#ip ')}^\n{marked}"
    assert line.type("ip address 192.0.2.1 255.0.255.0").endswith(marked)
    assert line.type("switchport trunk") == "% Incomplete command.\n"
    line.type("router bgp 1")
    assert line.type("router bgp 2") == "BGP is already running; AS is 1\n"


def test_long_answers_come_in_pages(running: Running) -> None:
    with contextlib.closing(Line(running)) as line:
        first = line.type("show running-config", r" --More-- $")
        assert len(first.splitlines()) == 23
        line.keys("\r")
        assert len(line.until(r" --More-- $").replace("\b", "").strip().splitlines()) == 1
        line.keys("q")
        line.until(r"leaf1#$")
        line.type("terminal length 0")
        assert line.type("show running-config").endswith("end\n")


def test_keys_edit_the_line(line: Line) -> None:
    line.keys("show nothing\x15show hostx\x7fs\r")
    assert "Default domain is not set" in line.until(PROMPT)
    line.type("conf t")
    line.keys("vlan 99\x03")
    line.until(r"leaf1#$")
    assert "99" not in line.type("show vlan brief")


def test_a_question_mark_asks_for_help_at_once_unless_it_is_to_be_one(line: Line) -> None:
    line.configure("interface GigabitEthernet0/1", "description printer?", "interface GigabitEthernet0/2",
                   "description printer\x16?")  # fmt: skip
    assert re.findall("description .*", line.type("show running-config")) == [
        "description printer",
        "description printer?",
    ]


def test_who_begins_below_level_15_gives_the_password_of_enable(line: Line, running: Running) -> None:
    line.configure("username ann secret s3cret", "enable secret let-me")
    with contextlib.closing(Line(running, user="ann", password="s3cret")) as ann:
        assert ann.prompt == "leaf1>"
        assert "% Invalid input" in ann.type("show running-config")
        assert ann.type("enable", r"Password: $") == ""
        assert "let-me" not in ann.type("wrong", r"Password: $")
        assert ann.type("let-me") == ""
        assert ann.prompt == "leaf1#"
        shown = ann.type("show running-config | include secret")
    assert "s3cret" not in shown
    assert "let-me" not in shown
    with pytest.raises(paramiko.AuthenticationException):
        connected(running, "leaf1", USER, "wrong")


def test_a_reboot_brings_back_what_was_saved(line: Line, running: Running) -> None:
    line.configure("vlan 10")
    assert "[OK]" in line.type("write memory")
    line.configure("vlan 20")
    assert "has been modified" in line.type("reload", r"\[yes/no\]: $")
    line.type("no", r"\[confirm\]$")
    boots = running["leaf1"].device.boots
    line.keys("\n")
    until(lambda: running["leaf1"].device.boots > boots)
    assert until(lambda: reached(running)) == {"1", "10"}


def test_a_timer_takes_back_what_is_not_confirmed_with_the_link_cut(running: Running) -> None:
    with contextlib.closing(Line(running)) as line:
        line.configure("vlan 10")
        line.type("configure terminal revert timer 1")
        for typed in ("vlan 20", "no vlan 10"):
            line.type(typed)
        line.type("do show archive config rollback timer")
    until(lambda: "20" not in vlans(running))
    assert vlans(running) == {"1", "10"}


def test_what_is_confirmed_stays_and_what_is_reverted_goes_at_once(line: Line, running: Running) -> None:
    assert line.type("configure confirm") == "%No Rollback Confirmed Change pending\n"
    line.type("configure terminal revert timer 100")
    line.type("vlan 10")
    line.type("end")
    told = line.type("show archive config rollback timer")
    assert "Timer value: 100 min\nUser: admin\n" in told
    assert "pending already" in line.type("configure terminal revert timer 5")
    line.type("configure confirm")
    assert line.type("show archive config rollback timer") == "%No Rollback Confirmed Change pending\n"
    line.type("configure terminal revert timer 100")
    line.type("vlan 20")
    line.type("end")
    assert "Rollback Done" in line.type("configure revert now")
    assert vlans(running) == {"1", "10"}
    line.configure("no archive")
    assert "turn config archive on" in line.type("configure terminal revert timer 5")


def test_a_file_replaces_the_configuration_and_says_what_would_change(line: Line, running: Running) -> None:
    line.configure("file prompt quiet", "vlan 10", "name red")
    assert "bytes copied" in line.type("copy running-config flash:before.cfg")
    line.configure("no vlan 10", "vlan 20", "interface gi0/2", "description x")
    said = line.type("show archive config differences flash:before.cfg")
    assert said.splitlines() == ["!Contextual Config Diffs:", "+vlan 20", "interface GigabitEthernet0/2",
                                 "+ description x", "-vlan 10", "- name red"]  # fmt: skip
    assert "Rollback Done" in line.type("configure replace flash:before.cfg force")
    assert vlans(running) == {"1", "10"}
    assert "No changes were found" in line.type("show archive config differences flash:before.cfg")
    put(running, "flash:wrong.cfg", line.type("more flash:before.cfg") + "foo bar\nvlan 30\n")
    said = line.type("configure replace flash:wrong.cfg force revert trigger error")
    assert "foo bar" in said
    assert "original configuration has been successfully restored" in said
    assert vlans(running) == {"1", "10"}
    assert "No such file" in line.type("configure replace flash:none.cfg force")
    line.type("configure replace flash:before.cfg", r"\[no\]: $")
    assert line.type("n") == ""


def put(running: Running, path: str, content: str) -> None:
    """Copy a file to the switch, as scp does."""
    with contextlib.closing(connected(running, "leaf1")) as client, SCPClient(client.get_transport()) as copying:
        copying.putfo(io.BytesIO(content.encode()), path)


def test_files_come_by_scp_and_by_tcl(line: Line, running: Running, tmp_path_factory: pytest.TempPathFactory) -> None:
    put(running, "flash:/merge.cfg", "vlan 10\n name red\nfoo bar\n")
    assert re.search(r"-rw- +26 .* merge.cfg\n", line.type("dir flash:/merge.cfg"))
    assert line.type("show archive config incremental-diffs flash:/merge.cfg ignorecase").splitlines() == [
        "!List of Commands:", "vlan 10", " name red", "foo bar", "end",
    ]  # fmt: skip
    line.type("copy flash:/merge.cfg running-config", r"Destination filename \[running-config\]\? $")
    assert "foo bar\n^\n% Invalid input" in line.type("")
    assert vlans(running) == {"1", "10"}
    line.type("tclsh")
    assert line.prompt == "leaf1(tcl)#"
    line.keys('puts [open "flash:tcl.cfg" w+] {vlan 20\r name blue}\r')
    line.until(r"leaf1\(tcl\)#$")
    line.type("tclquit")
    assert line.type("more flash:tcl.cfg") == "vlan 20\n name blue\n"
    digest = hashlib.md5(b"vlan 20\n name blue\n", usedforsecurity=False).hexdigest()
    assert f"(flash:tcl.cfg) = {digest}\n" in line.type("verify /md5 flash:tcl.cfg")
    with contextlib.closing(connected(running, "leaf1")) as client, SCPClient(client.get_transport()) as copying:
        copied = tmp_path_factory.mktemp("copied") / "tcl.cfg"
        copying.get("flash:tcl.cfg", str(copied))
        assert copied.read_text() == "vlan 20\n name blue\n"
        with pytest.raises(SCPException, match="No such file"):
            copying.get("flash:none.cfg", str(copied))
    line.configure("no ip scp server enable")
    with pytest.raises(SCPException, match="Administratively disabled"):
        put(running, "flash:/x", "x")


def test_a_banner_is_text_to_its_mark(line: Line) -> None:
    line.type("conf t")
    line.type("banner motd @", r"'@'\.\n$")
    line.keys("all is\n")
    line.type("logged@")
    line.type("end")
    assert "banner motd ^C\nall is\nlogged\n^C\n" in line.type("show running-config")


def test_lines_that_take_no_ssh_close_the_door(line: Line, running: Running) -> None:
    line.type("conf t")
    line.type("line vty 0 4")
    line.keys("transport input none\n")
    assert until(lambda: not reached(running))


@pytest.mark.parametrize(("action", "when", "held"), [
    ("drop", "before", {"1"}), ("drop", "after", {"1", "10"}), ("reboot", "after", {"1"}),
])  # fmt: skip
def test_told_to_fail_it_fails_where_it_was_told(
    line: Line, running: Running, action: str, when: str, held: set[str]
) -> None:
    line.type("conf t")
    running.order("leaf1", "faults", match="^vlan 10$", action=action, when=when)
    with pytest.raises(EOFError):
        line.type("vlan 10")
    assert until(lambda: reached(running)) == held


def test_told_to_refuse_or_hang_it_does(line: Line, running: Running) -> None:
    line.type("conf t")
    running.order("leaf1", "faults", match="^vlan", message="TCAM is full")
    assert line.type("vlan 10") == "% TCAM is full\n"
    running.order("leaf1", "faults", match="^vlan", action="hang")
    line.keys("vlan 20\n")
    until(lambda: running["leaf1"].device.faults.struck >= 2)
    assert vlans(running) == {"1"}
    running.do("leaf1", lambda device: device.faults.clear())
    assert until(lambda: "20" in vlans(running))
