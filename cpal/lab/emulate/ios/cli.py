"""IOS's command line: exec and configuration mode, files, going back.

Source: Cisco IOS configuration fundamentals command reference; configuration management command reference.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.editor import Editor, Refused
from cpal.lab.emulate.faults import Reboot
from cpal.lab.emulate.grammar import Match, Refusal, Rules, compiled
from cpal.lab.emulate.ios import pinging, showing
from cpal.lab.emulate.ios.configuration import banner, editing, enables, has_archive, hostname, privilege, typed
from cpal.lab.emulate.ios.files import FileError, Files
from cpal.lab.emulate.ios.grammar import SLOTS
from cpal.lab.emulate.ios.refusal import refusal
from cpal.lab.emulate.ios.replacing import Replacing
from cpal.lab.emulate.ios.rollback import TURN_ON, Rollback, RollbackError
from cpal.lab.emulate.ios.tcl import Tcl
from cpal.lab.emulate.pipe import PipeError, piped
from cpal.lab.emulate.shell import Ask, Closing
from cpal.lab.emulate.words import number, pattern

EXEC = """
enable {enable}
disable {disable}
(exit|logout|quit) {leave}
terminal length <lines> {length}
terminal width <lines> {nothing}
terminal no monitor {nothing}
terminal monitor {nothing}
ping <rest> {ping}
show privilege {privilege}
show version {show}
show hosts {show}
show clock {show}
show inventory {show}
show users {show}
show arp [vrf <word>] {show}
show ip arp [vrf <word>] {show}
show interfaces [<interface>] {show}
show interfaces summary {show}
show interfaces description {show}
show interfaces status {show}
show interfaces switchport {show}
show interfaces transceiver {show}
show ip interface [<interface>] {show}
show ip interface brief {show}
show ipv6 interface [<interface>] {show}
show ipv6 neighbors {show}
show ip route [vrf <word>] {show}
show ipv6 route [vrf <word>] {show}
show ip route [vrf <word>] <ip> [<mask>] {show}
show etherchannel summary {show}
show vlan [brief|all-ports|id <lines>] {show}
show vrf [detail] {show}
show ip vrf {show}
show lldp {show}
show lldp neighbors [<interface>] [detail] {show}
show mac address-table {show}
show bgp all summary {show}
show bgp (ipv4|ipv6|vpnv4|vpnv6) unicast [all] neighbors {show}
show bgp l2vpn evpn neighbors {show}
show ip bgp all summary {show}
show ip bgp summary {show}
show ip bgp neighbors {show}
show processes cpu {show}
show memory [statistics] {show}
show snmp chassis {show}
show ntp associations {show}
show policy-map interface [<interface>] {show}
"""
PRIVILEGED = """
configure [terminal] {configure}
configure terminal revert timer <minutes> {configure}
configure replace <file> [list] [force] {replace}
configure replace <file> [list] [force] revert timer <minutes> {replace}
configure replace <file> [list] [force] revert trigger error [timer <minutes>] {replace}
configure confirm {confirm}
configure revert now {revert}
configure revert timer <minutes> {revert}
archive config {archive}
write [memory] {write}
write erase {erase}
copy <file> <file> {copy}
delete [/force] [/recursive] <file> {delete}
erase startup-config {erase}
dir [<file>] {dir}
more <file> {more}
verify /md5 <file> {verify}
reload {reload}
tclsh {tclsh}
show running-config [all] {running}
show running-config interface <interface> {running}
show startup-config {startup}
show archive {show_archive}
show archive config differences [<file>] [<file>] {differences}
show archive config incremental-diffs <file> [ignorecase] {commands}
show archive config rollback timer {timer}
"""
_SLOTS = {**SLOTS, "lines": number(0, 4094), "minutes": number(1, 120), "file": pattern(r"[\w:/.-]*[\w:/]")}
_PROMPTS = {"interface": "if", "router": "router", "vlan": "vlan", "vrf": "vrf", "line": "line", "archive": "archive",
            "route-map": "route-map", "address-family": "router-af", "ip": "nacl"}  # fmt: skip
"""What a prompt says in a section, by the section's first word."""
UNKNOWN = "% Bad IP address or host name\n% Unknown command or computer name, or unable to find computer address\n"
"""What is said of one word that is no command: it might have been a host."""
_VERBS = ("append", "begin", "count", "exclude", "format", "include", "redirect", "section", "tee")


@cache
def commands(privileged: bool) -> Rules:
    """The commands of exec mode, compiled: those of level 15 too, or not."""
    return compiled(EXEC + (PRIVILEGED if privileged else ""), _SLOTS, abbreviated=True)


class Terminal:
    """One who is logged in."""

    def __init__(self, device: Device, files: Files, rollback: Rollback, user: str) -> None:
        self.device = device
        self.files = files
        self.rollback = rollback
        self.user = user
        self.length = 24
        self.level = privilege(device.running, user)
        self.editor: Editor | None = None
        self.tcl: Tcl | None = None
        self.replacing = Replacing(device, files, rollback, user)

    def prompt(self) -> str:
        """The name, and where one is."""
        name = hostname(self.device.running)
        if self.tcl is not None:
            return "+>" if self.tcl.open else f"{name}(tcl)#"
        if self.editor is None:
            return f"{name}{'#' if self.level == 15 else '>'}"
        words = self.editor.mode.words
        return f"{name[:20]}(config{'-' + _PROMPTS.get(words[0], words[0]) if words else ''})#"

    def interrupt(self) -> None:
        """Leave configuration mode, and TCL."""
        self.editor = self.tcl = None

    async def run(self, line: str, ask: Ask) -> str:
        """Do a command; what it says.

        Raises:
            Closing: it was the last.
            Reboot: the device is to go down.
        """
        if self.tcl is not None:
            if self.tcl.type(line):
                self.tcl = None
            return ""
        plain = line.strip()
        if not plain or plain.startswith("!"):
            return ""
        try:
            if self.editor is not None:
                return await self._configure(plain, ask)
            return await self._exec(plain, ask)
        except (FileError, RollbackError, PipeError) as error:
            return str(error)

    async def _exec(self, line: str, ask: Ask) -> str:
        plain, _, pipe = line.partition("|")
        words = tuple(plain.split())
        found = commands(self.level == 15).match(words)
        if isinstance(found, Refusal):
            if found.at == 0 and len(words) == 1 and not found.ambiguous:
                return UNKNOWN
            return refusal(found, line, len(self.prompt()))
        (flag,) = found.rule.flags
        said = await HANDLERS[flag](self, found, ask)
        return piped(said, _verb(pipe)) if pipe else said

    async def _configure(self, line: str, ask: Ask) -> str:
        assert self.editor
        first, _, rest = line.partition(" ")
        if first == "do":
            return await self._exec(rest, ask)
        if line == "end" or (line == "exit" and len(self.editor.modes) == 1):
            self.editor = None
            return ""
        margin = len(self.prompt())
        try:
            begun = banner(line)
            if begun:
                self.editor.type(begun[0], await _text(begun[1], begun[2], ask))
            else:
                typed(self.editor, line)
        except Refused as refused:
            return refusal(refused, line, margin)
        self.device.on_change()
        said = "".join(f"{note}\n" for note in self.editor.notes)
        self.editor.notes.clear()
        return said

    async def nothing(self, _: Match, __: Ask) -> str:
        """What changes nothing here."""
        return ""

    async def enable(self, _: Match, ask: Ask) -> str:
        """`enable`: to level 15, by the password that is set."""
        if self.level == 15:
            return ""
        for _attempt in range(3):
            given = await ask("Password: ", False)
            right = enables(self.device.running, given)
            if right is None:
                return "% Error in authentication.\n"
            if right:
                self.level = 15
                return ""
        return "% Bad secrets\n\n"

    async def disable(self, _: Match, __: Ask) -> str:
        """`disable`: back to level 1."""
        self.level = 1
        return ""

    async def leave(self, _: Match, __: Ask) -> str:
        """`exit`."""
        raise Closing

    async def ping(self, match: Match, _: Ask) -> str:
        """`ping [vrf VRF] ADDRESS ...`."""
        words = match.words[1].split()
        return pinging.answer(self.device, words, len(self.prompt()))

    async def set_length(self, match: Match, _: Ask) -> str:
        """`terminal length`."""
        self.length = int(match.words[2])
        return ""

    async def show_privilege(self, _: Match, __: Ask) -> str:
        """`show privilege`."""
        return f"Current privilege level is {self.level}\n"

    async def configure(self, match: Match, _: Ask) -> str:
        """`configure terminal`, with a timer that takes back what is not confirmed."""
        if "timer" in match.words:
            if not has_archive(self.device.running):
                return TURN_ON
            self.rollback.begin(self.user, int(match.words[-1]))
        self.editor = editing(self.device, self.device.running)
        return "" if "timer" in match.words else "Enter configuration commands, one per line.  End with CNTL/Z.\n"

    async def replace(self, match: Match, ask: Ask) -> str:
        """`configure replace`."""
        if "force" not in match.words:
            sure = await ask("This will apply all necessary additions and deletions\nto replace the current running "
                             "configuration with the\ncontents of the specified configuration file, which is\nassumed "
                             "to be a complete configuration, not a partial\nconfiguration. Enter Y if you are sure "
                             "you want to proceed. ? [no]: ", True)  # fmt: skip
            if not sure.lower().startswith("y"):
                return ""
        minutes = int(match.words[-1]) if "timer" in match.words else None
        return self.replacing.replace(match.words[2], minutes, or_restore="error" in match.words)

    async def confirm(self, _: Match, __: Ask) -> str:
        """`configure confirm`."""
        self.rollback.confirm()
        return ""

    async def revert(self, match: Match, _: Ask) -> str:
        """`configure revert now`, or later."""
        if match.words[-1] == "now":
            self.rollback.revert()
            return "\nTotal number of passes: 1\nRollback Done\n"
        self.rollback.wait(int(match.words[-1]))
        return ""

    async def write(self, _: Match, __: Ask) -> str:
        """`write memory`: what runs is what the next boot begins with."""
        self.device.save()
        archive = self.device.running.find("archive")
        if archive is not None and archive.has("write-memory"):
            self.replacing.archive()
        return "Building configuration...\n[OK]\n"

    async def erase(self, _: Match, ask: Ask) -> str:
        """`write erase`: the next boot begins with a new device's configuration."""
        answer = await ask(
            "Erasing the nvram filesystem will remove all configuration files! Continue? [confirm]", True
        )
        if answer.strip().lower() in ("", "y", "yes"):
            self.device.startup = None
            return "[OK]\nErase of nvram: complete\n"
        return ""

    async def copy(self, match: Match, ask: Ask) -> str:
        """`copy FROM TO`."""
        source, target = match.words[1], match.words[2]
        if not self.device.running.has("file", "prompt", "quiet"):
            name = target.rpartition("/")[2].rpartition(":")[2]
            given = await ask(f"Destination filename [{name}]? ", True)
            if given.strip() and ":" in target:
                target = f"{target.partition(':')[0]}:{given.strip()}"
        return self.replacing.copy(source, target)

    async def delete(self, match: Match, ask: Ask) -> str:
        """`delete FILE`."""
        name = match.words[-1]
        if "/force" not in match.words and not self.device.running.has("file", "prompt", "quiet"):
            await ask(f"Delete filename [{name.partition(':')[2].strip('/')}]? ", True)
            if (await ask(f"Delete {name}? [confirm]", True)).strip().lower() not in ("", "y", "yes"):
                return ""
        self.files.delete(name)
        return ""

    async def dir(self, match: Match, _: Ask) -> str:
        """`dir [FILE]`."""
        return self.files.listed(match.words[1] if len(match.words) > 1 else "flash:/")

    async def more(self, match: Match, _: Ask) -> str:
        """`more FILE`."""
        return self.files.text(match.words[1])

    async def verify(self, match: Match, _: Ask) -> str:
        """`verify /md5 FILE`."""
        return self.files.digest(match.words[2])

    async def reload(self, _: Match, ask: Ask) -> str:
        """`reload`."""
        if self.device.startup is None or self.files.running() != self.files.startup():
            saved = await ask("System configuration has been modified. Save? [yes/no]: ", True)
            if saved.strip().lower() in ("y", "yes"):
                self.device.save()
        if (await ask("Proceed with reload? [confirm]", True)).strip().lower() in ("", "y", "yes"):
            raise Reboot
        return ""

    async def tclsh(self, _: Match, __: Ask) -> str:
        """`tclsh`: enough of TCL to write a file."""
        self.tcl = Tcl(self.files)
        return ""

    async def show_running(self, match: Match, _: Ask) -> str:
        """`show running-config`."""
        if match.words[2:3] == ("interface",):
            return self.replacing.of_interface(match.words[3])
        return self.files.running()

    async def show_startup(self, _: Match, __: Ask) -> str:
        """`show startup-config`."""
        text = self.files.startup()
        return f"Using {len(text)} out of 262144 bytes\n!\n{text}" if text else "startup-config is not present\n"

    async def archive(self, _: Match, __: Ask) -> str:
        """`archive config`."""
        return self.replacing.archive() if has_archive(self.device.running) else TURN_ON

    async def show_archive(self, _: Match, __: Ask) -> str:
        """`show archive`."""
        return self.replacing.archives()

    async def differences(self, match: Match, _: Ask) -> str:
        """`show archive config differences`: of the running configuration from the startup one, unless it is told."""
        ends = match.words[4:] or ("nvram:startup-config",)
        return self.replacing.differences(ends[0], ends[1] if len(ends) > 1 else "system:running-config")

    async def show_commands(self, match: Match, _: Ask) -> str:
        """`show archive config incremental-diffs`."""
        return self.replacing.commands(match.words[4])

    async def show_timer(self, _: Match, __: Ask) -> str:
        """`show archive config rollback timer`."""
        return self.replacing.timer()

    async def show(self, match: Match, _: Ask) -> str:
        """A `show` command that the state of the device answers."""
        return showing.answer(self.device, match)


Handler = Callable[[Terminal, Match, Ask], Awaitable[str]]
HANDLERS: Mapping[str, Handler] = {
    **{name: getattr(Terminal, name) for name in (
        "nothing", "enable", "disable", "leave", "ping", "configure", "replace", "confirm", "revert", "write", "erase",
        "copy", "delete", "dir", "more", "verify", "reload", "tclsh", "archive", "show_archive", "differences", "show",
    )},
    "length": Terminal.set_length,
    "privilege": Terminal.show_privilege,
    "running": Terminal.show_running,
    "startup": Terminal.show_startup,
    "commands": Terminal.show_commands,
    "timer": Terminal.show_timer,
}  # fmt: skip
"""What does the commands with a flag."""


async def _text(mark: str, first: str, ask: Ask) -> str:
    """A banner's text, to its end mark."""
    found = first
    if mark not in first:
        question = f"Enter TEXT message.  End with the character '{mark}'.\n"
        while mark not in found:
            found += ("\n" if found else "") + await ask(question, True)
            question = ""
    return found.partition(mark)[0].strip("\n")


def _verb(pipe: str) -> str:
    """What follows `|`, with its verb spelled out."""
    verb, _, rest = pipe.strip().partition(" ")
    meant = [each for each in _VERBS if verb and each.startswith(verb)]
    return f"{meant[0] if len(meant) == 1 else verb} {rest.strip()}"
