"""EOS's command line, as one request of eAPI sees it: modes, sessions, files, `show`.

A request begins in exec mode and ends wherever its commands led; a session that is neither committed nor aborted stays.
Source: EOS user manual, "Command-line interface"; eAPI explorer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.echo import Outcome
from cpal.lab.emulate.editor import Editor, Refused
from cpal.lab.emulate.eos import bgp, showing
from cpal.lab.emulate.eos.configuration import ALIASES, editing, shown
from cpal.lab.emulate.eos.failure import CommandError
from cpal.lab.emulate.eos.output import Output
from cpal.lab.emulate.eos.sessions import Session, SessionError, Sessions
from cpal.lab.emulate.eos.state import Interface
from cpal.lab.emulate.eos.words import SLOTS
from cpal.lab.emulate.faults import Reboot
from cpal.lab.emulate.grammar import Match, Refusal, Rules, compiled
from cpal.lab.emulate.interface import lacks
from cpal.lab.emulate.pinging import Misspelt, asked, linux, outcome
from cpal.lab.emulate.pipe import PipeError, piped
from cpal.lab.emulate.tree import Node
from cpal.lab.emulate.words import pattern

NOTHING = Output({}, "")
PING = {"repeat": ("times", 1, 2**31 - 1), "size": ("size", 36, 18024), "timeout": ("timeout", 0, 3600)}
"""The numbers that `ping` takes. Source: EOS user manual, `ping`."""

EXEC = """
enable {nothing}
disable {nothing}
terminal (length|width) <word> {nothing}
cli vrf <word> {cli_vrf}
ping <rest> {ping}
configure [terminal] {configure}
configure session [<name>] {session}
configure session <name> (commit|abort) {session_end}
configure session <name> commit timer <time> {session_end}
no configure session <name> {session_delete}
configure replace <file> [ignore-errors] {replace}
configure checkpoint (save|restore) <name> {checkpoint}
copy <file> <file> {copy}
delete <file> {delete}
write [memory] {write}
reload [now] {reload}
reload force {reload}
show version [detail] {show}
show hostname {show}
show clock {show}
show inventory {show}
show interfaces [<interface>] {show}
show interfaces status {show}
show interfaces description {show}
show interfaces switchport {show}
show interfaces transceiver {show}
show ip interface [<interface>] {show}
show ip interface brief {show}
show ipv6 interface {show}
show port-channel {show}
show vlan [<vlan>] {show}
show vrf {show}
show lldp neighbors [<interface>] [detail] {show}
show mac address-table {show}
show arp vrf all {show}
show ip arp vrf all {show}
show ipv6 neighbors vrf all {show}
show ip route vrf <word> [<net>] [longer-prefixes] [connected|static|bgp] [detail] {show}
show ipv6 route vrf <word> [<net6>] [longer-prefixes] [connected|static|bgp] [detail] {show}
show ip route [<net>] {show}
show vxlan vni {show}
show interfaces vxlan 1 {show}
show ip bgp summary vrf all {bgp}
show ipv6 bgp summary vrf all {bgp}
show ip bgp neighbors [<ip>] vrf all {bgp}
show ipv6 bgp peers [<ip6>] vrf all {bgp}
show users accounts {show}
show banner (login|motd) {show}
show snmp v2-mib (chassis|location|contact) {show}
show ntp associations {show}
show system environment (cooling|temperature|power) {show}
show processes top once {show}
show configuration sessions [detail] {show_sessions}
show configuration checkpoints {show_checkpoints}
show running-config [all] [sanitized] {show_configuration}
show running-config section <rest> {show_section}
show startup-config {show_configuration}
show session-config named <name> [sanitized] {show_session}
show session-config named <name> diffs {show_session}
show session-config [diffs] {show_session}
dir flash: {show_files}
"""

_EXEC_SLOTS = {**SLOTS, "time": pattern(r"\d{1,2}:[0-5]\d:[0-5]\d"), "file": pattern(r"[\w:/.-]+")}


@cache
def commands() -> Rules:
    """The commands of exec mode, compiled."""
    return compiled(EXEC, _EXEC_SLOTS)


NOT_INSERTED = "! Interface does not exist. The configuration will not take effect until the module is inserted."
"""What is said of a port that the model lacks, whose configuration is kept."""


class Terminal:
    """One who is logged in, for one request."""

    def __init__(self, device: Device, sessions: Sessions, user: str) -> None:
        self.device = device
        self.sessions = sessions
        self.user = user
        self.session: Session | None = None
        self.editor: Editor | None = None
        self.vrf = ""
        """The VRF that its commands are meant for, "" for the default one."""

    def run(self, line: str, text: str | None = None) -> Output:
        """Do a command.

        Raises:
            CommandError: EOS would refuse it.
            Reboot: the device is to go down.
        """
        plain, _, pipe = line.strip().partition(" | ")
        words = tuple(plain.split())
        if not words or words[0].startswith("!"):
            return NOTHING
        try:
            found = self._run(words, text)
            return Output(found.data, piped(found.text or "", pipe)) if pipe else found
        except SessionError as error:
            raise CommandError(str(error), 1000) from error
        except PipeError as error:
            raise CommandError(str(error)) from error

    def _run(self, words: tuple[str, ...], text: str | None) -> Output:
        if self.editor:
            done = self._in_configuration(words, text)
            if done is not None:
                return done
        found = commands().match(words)
        if isinstance(found, Refusal):
            raise CommandError(refusal(found.at, words, commands()))
        (flag,) = found.rule.flags
        return HANDLERS[flag](self, found)

    def _in_configuration(self, words: tuple[str, ...], text: str | None) -> Output | None:
        """What a command does in configuration mode; None where it is one of exec mode."""
        assert self.editor
        if words[0] in ("end", "abort", "commit", "exit", "rollback", "comment"):
            return self._leave(words, text)
        if words[0] in ("show", "copy", "write", "configure", "dir", "reload"):
            return None
        line = " ".join(words)
        try:
            self.editor.type(ALIASES.get(line, line), text)
        except Refused as refused:
            raise CommandError(
                refused.reason or refusal(refused.at, refused.words, self.editor.mode.rules)
            ) from refused
        if self.session is None:
            self.device.on_change()
        opened = self.editor.mode.nodes if words[0].startswith("int") else []
        if any(lacks(self.device, Interface, each.words[1]) for each in opened):
            return Output({"messages": [NOT_INSERTED]}, f"{NOT_INSERTED}\n")
        return NOTHING

    def _leave(self, words: tuple[str, ...], text: str | None) -> Output:
        assert self.editor
        if words[0] == "comment":
            return NOTHING
        if words[0] == "exit" and self.editor.leave():
            return NOTHING
        session = self.session
        if words[0] == "rollback":
            return self._rollback(words)
        if words[0] in ("commit", "abort") and session is None:
            raise CommandError(f"Invalid input (at token 0: '{words[0]}')")
        self.editor = self.session = None
        if session and words[0] == "abort":
            self.sessions.abort(session.name)
        if session and words[0] == "commit":
            if words[1:2] == ("timer",) and len(words) == 3:
                self.sessions.commit_for(session.name, seconds(words[2]))
            else:
                self.sessions.commit(session.name)
        return NOTHING

    def _rollback(self, words: tuple[str, ...]) -> Output:
        if self.session is None or words[1:] != ("clean-config",):
            raise CommandError(refusal(1 if self.session else 0, words, None))
        self.sessions.clear(self.session)
        self.editor = editing(self.device, self.session.candidate)
        return NOTHING

    def cli_vrf(self, match: Match) -> Output:
        """`cli vrf VRF`: what is sent after it leaves there."""
        self.vrf = match.words[2]
        return NOTHING

    def ping(self, match: Match) -> Output:
        """`ping [vrf VRF] ADDRESS ...`."""
        try:
            wanted = asked(match.words[1].split(), PING, 100)
        except Misspelt as wrong:
            raise CommandError(refusal(wrong.at + 1, ("ping", *match.words[1].split()), None)) from wrong
        wanted = wanted._replace(vrf=wanted.vrf or self.vrf)
        found = outcome(self.device, wanted)
        if found.outcome is Outcome.NO_VRF:
            raise CommandError(f"VRF {wanted.vrf} is not active", 1000)
        said = linux(wanted, found)
        return Output({"messages": [said]}, said)

    def configure(self, _: Match) -> Output:
        """`configure`: what is typed is in effect at once."""
        self.session, self.editor = None, editing(self.device, self.device.running)
        return NOTHING

    def enter(self, match: Match) -> Output:
        """`configure session`: what is typed goes to a candidate."""
        number = len(self.sessions.by_name) + 1
        name = match.words[2] if len(match.words) > 2 else f"sess-{self.device.boots}-{number}"
        self.session = self.sessions.enter(name, self.user)
        self.editor = editing(self.device, self.session.candidate)
        return NOTHING

    def end_session(self, match: Match) -> Output:
        """`configure session NAME commit|abort`, with a timer or without."""
        name, verb = match.words[2], match.words[3]
        if verb == "abort":
            self.sessions.abort(name)
        elif len(match.words) > 4:
            self.sessions.commit_for(name, seconds(match.words[5]))
        else:
            self.sessions.commit(name)
        return NOTHING

    def delete_session(self, match: Match) -> Output:
        """`no configure session NAME`: forget it, and take it back where its timer runs."""
        if match.words[3] in self.sessions.by_name:
            self.sessions.abort(match.words[3])
        return NOTHING

    def replace(self, match: Match) -> Output:
        """`configure replace FILE`: make a file the running configuration."""
        self.device.run(self._file(match.words[2]).copy())
        return NOTHING

    def checkpoint(self, match: Match) -> Output:
        """`configure checkpoint save|restore NAME`."""
        name = match.words[3]
        if match.words[2] == "save":
            self.sessions.checkpoints[name] = self.device.running.copy()
        elif name not in self.sessions.checkpoints:
            raise CommandError(f"Checkpoint {name} does not exist", 1000)
        else:
            self.device.run(self.sessions.checkpoints[name].copy())
        return NOTHING

    def copy(self, match: Match) -> Output:
        """`copy FROM TO`: configurations, and files on the flash."""
        source, target = self._file(match.words[1]), match.words[2]
        if target == "running-config":
            self.device.run(source.copy())
        elif target == "startup-config":
            self.device.startup = source.copy()
        else:
            self.device.files[_flash(target)] = source.copy()
        return Output({"messages": ["Copy completed successfully.\n"]}, "Copy completed successfully.\n")

    def delete(self, match: Match) -> Output:
        """`delete FILE`."""
        self.device.files.pop(_flash(match.words[1]), None)
        return NOTHING

    def write(self, _: Match) -> Output:
        """`write memory`: what runs is what the next boot begins with."""
        self.device.save()
        return Output({"messages": ["Copy completed successfully.\n"]}, "Copy completed successfully.\n")

    def reload(self, _: Match) -> Output:
        """`reload now`."""
        raise Reboot

    def _file(self, name: str) -> Node:
        if name in ("running-config", "system:/running-config"):
            return self.device.running
        found = self.device.startup if name == "startup-config" else self.device.files.get(_flash(name))
        if found is None:
            raise CommandError(f"Error copying {name} (No such file or directory)", 1000)
        return found

    def show_configuration(self, match: Match) -> Output:
        """`show running-config` and `show startup-config`."""
        startup = match.words[1] == "startup-config"
        root = self.device.startup if startup else self.device.running
        return _configuration(self.device, root, " ".join(match.words))

    def show_section(self, match: Match) -> Output:
        """`show running-config section PATTERN`."""
        text = "\n".join(shown(self.device, self.device.running, "show running-config"))
        return Output(None, piped(text, f"section {match.words[3]}"))

    def show_session(self, match: Match) -> Output:
        """`show session-config`, of the session that is open or of one that is named, or what it changes."""
        named = "named" in match.words
        session = self.sessions.by_name.get(match.words[3]) if named else self.session
        if session is None:
            raise CommandError("No configuration session is open" if not named else "Session does not exist", 1000)
        if match.words[-1] == "diffs":
            changed = self.sessions.diff(session)
            return Output(None, "\n".join([*changed, ""]) if changed else "")
        return _configuration(self.device, session.candidate, " ".join(match.words))

    def show_sessions(self, match: Match) -> Output:
        """`show configuration sessions`."""
        return Output(*showing.sessions(self.sessions, "detail" in match.words))

    def show_checkpoints(self, _: Match) -> Output:
        """`show configuration checkpoints`."""
        return Output({"checkpoints": {name: {} for name in self.sessions.checkpoints}}, None)

    def show_files(self, _: Match) -> Output:
        """`dir flash:`."""
        names = ["startup-config", *self.device.files]
        return Output(None, "Directory of flash:/\n\n" + "".join(f"       -rw-  {name}\n" for name in names))

    def show(self, match: Match) -> Output:
        """A `show` command that the state of the device answers."""
        return Output(*showing.answer(self.device, match))

    def show_bgp(self, match: Match) -> Output:
        """A `show` command about BGP."""
        return Output(*bgp.answer(self.device, match))


HANDLERS: Mapping[str, Callable[[Terminal, Match], Output]] = {
    "nothing": lambda terminal, match: NOTHING,
    "cli_vrf": Terminal.cli_vrf,
    "ping": Terminal.ping,
    "configure": Terminal.configure,
    "session": Terminal.enter,
    "session_end": Terminal.end_session,
    "session_delete": Terminal.delete_session,
    "replace": Terminal.replace,
    "checkpoint": Terminal.checkpoint,
    "copy": Terminal.copy,
    "delete": Terminal.delete,
    "write": Terminal.write,
    "reload": Terminal.reload,
    "show": Terminal.show,
    "bgp": Terminal.show_bgp,
    "show_sessions": Terminal.show_sessions,
    "show_checkpoints": Terminal.show_checkpoints,
    "show_configuration": Terminal.show_configuration,
    "show_section": Terminal.show_section,
    "show_session": Terminal.show_session,
    "show_files": Terminal.show_files,
}
"""What does the commands with a flag."""


def _configuration(device: Device, root: Node | None, command: str) -> Output:
    """A configuration as text, and as eAPI gives it as data: each line with those below it."""
    if root is None:
        return Output({"cmds": {}, "header": []}, "")
    return Output({"cmds": _tree(root), "header": []}, "\n".join(shown(device, root, command)) + "\n")


def _tree(node: Node) -> dict[str, Any]:
    return {child.line: {"cmds": _tree(child), "comments": []} if child.below else None for child in node.children()}


def _flash(name: str) -> str:
    return name.removeprefix("flash:").removeprefix("file:/mnt/flash").strip("/")


def seconds(clock: str) -> int:
    """The seconds of `HH:MM:SS`.

    Raises:
        CommandError: it is no time.
    """
    if not re.fullmatch(r"\d{1,2}:[0-5]\d:[0-5]\d", clock):
        raise CommandError(f"Invalid input (at token 2: '{clock}')")
    hours, minutes, rest = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + rest


def refusal(at: int, words: tuple[str, ...], rules: Rules | None) -> str:
    """What EOS says of words that are no command: which is the first that it does not know."""
    if at >= len(words):
        return f"Incomplete command (at token {len(words) - 1}: '{words[-1]}')"
    begun = rules is not None and any(_begins(first, words[0]) for first in rules.by_first) if at == 0 else False
    kind = "Incomplete token" if begun else "Invalid input"
    return f"{kind} (at token {at}: '{words[at]}')"


def _begins(token: str, word: str) -> bool:
    return token.startswith(word.lower()) and token != word.lower()
