"""NX-OS's command line, as NX-API sees it: what is configured is in effect at once; checkpoints bring back what was.

Source: Cisco Nexus 9000 NX-OS system management guide, "Configuring Rollback".
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.echo import Outcome
from cpal.lab.emulate.editor import Editor, Refused
from cpal.lab.emulate.faults import Reboot
from cpal.lab.emulate.grammar import Match, Refusal, Rules, compiled
from cpal.lab.emulate.nxos import showing
from cpal.lab.emulate.nxos.configuration import editing, factory, lines, shown, typed
from cpal.lab.emulate.nxos.grammar import SLOTS
from cpal.lab.emulate.nxos.scheduler import Schedules
from cpal.lab.emulate.pinging import Misspelt, asked, bsd, outcome
from cpal.lab.emulate.pipe import PipeError, piped
from cpal.lab.emulate.tree import Node, difference
from cpal.lab.emulate.words import pattern


class CommandError(Exception):
    """A command that is not done, in NX-OS's words."""


class Output(NamedTuple):
    """What a command says: as data, where it can be, and as text, where it can be."""

    data: dict[str, Any] | None = None
    text: str | None = None


NOTHING = Output({}, "")
PING = {"count": ("times", 1, 655_350), "packet-size": ("size", 1, 65_468), "timeout": ("timeout", 1, 60)}
"""The numbers that `ping` takes. Source: Nexus 9000 command reference, `ping`."""
EXEC = """
terminal (dont-ask|length|width) [<rest>] {nothing}
no terminal dont-ask {nothing}
configure [terminal] {configure}
copy running-config startup-config {save}
copy <file> <file> {copy}
checkpoint [<name>] {checkpoint}
checkpoint <name> description <rest> {checkpoint}
checkpoint file <file> {checkpoint_file}
no checkpoint <name> {forget}
rollback running-config checkpoint <name> [atomic|best-effort|stop-at-first-failure] {rollback}
rollback running-config file <file> [atomic|best-effort|stop-at-first-failure] {rollback_file}
delete <file> [no-prompt] {delete}
write erase {erase}
reload {reload}
dir [<file>] {dir}
ping <rest> {ping}
ping6 <rest> {ping}
show file <file> {show_file}
show checkpoint summary {show_checkpoints}
show diff rollback-patch file <file> file <file> {show_patch}
show diff rollback-patch checkpoint <name> running-config {show_patch}
show diff rollback-patch running-config checkpoint <name> {show_patch}
show running-config [all] {show_running}
show startup-config {show_startup}
show version {show}
show hostname {show}
show hosts {show}
show environment [(temperature|fan|power)] {show}
show processes cpu {show}
show processes memory shared {show}
show system resources {show}
show inventory {show}
show clock {show}
show feature {show}
show interface {show}
show interface brief {show}
show interface status {show}
show interface transceiver details {show}
show interface switchport {show}
show ip interface [vrf <word>] {show}
show ipv6 interface [vrf <word>] {show}
show ip arp [vrf <word>] {show}
show ip route [vrf <word>] [<net>] {show}
show ipv6 route [vrf <word>] [<net6>] {show}
show ipv6 neighbor [vrf <word>] {show}
show mac address-table {show}
show port-channel summary {show}
show vlan [brief] {show}
show vrf [detail] {show}
show vrf interface {show}
show vrf all interface {show}
show lldp neighbors [interface <interface>] [detail] {show}
show bgp all summary vrf all {show}
show nve vni {show}
show ntp peers {show}
show ntp peer-status {show}
"""
_LEAVE = ("exit", "end", "end-job")
"""What leaves a job, in which all else is one of its commands."""
_EXEC_SLOTS = {**SLOTS, "file": pattern(r"[\w:/.-]+")}


@cache
def commands() -> Rules:
    """The commands of exec mode, compiled."""
    return compiled(EXEC, _EXEC_SLOTS, abbreviated=True)


class Storage:
    """Checkpoints of one device, and its schedules that wait; its files are the device's."""

    def __init__(self, device: Device) -> None:
        self.checkpoints: dict[str, Node] = {}
        self.descriptions: dict[str, str] = {}
        """What was said of checkpoints."""
        self.numbers = itertools.count(1)
        self.schedules = Schedules(device, lambda job: Terminal(device, self).scheduled(job))

    def forget(self) -> None:
        """A reboot takes checkpoints that are not in files away."""
        self.checkpoints.clear()
        self.schedules.forget()


class Terminal:
    """One who is logged in, or comes by the API, which takes lines of configuration in exec mode too."""

    def __init__(self, device: Device, storage: Storage, api: bool = True) -> None:
        self.device = device
        self.api = api
        self.storage = storage
        self.editor: Editor | None = None

    def run(self, line: str) -> Output:
        """Do a command.

        Raises:
            CommandError: NX-OS would refuse it.
            Reboot: the device is to go down.
        """
        try:
            return self._run(line)
        finally:
            self.storage.schedules.settle()

    def scheduled(self, job: Sequence[str]) -> None:
        """Do the commands of a job: what they say goes to a log that nobody reads."""
        for line in job:
            with contextlib.suppress(CommandError):
                self.run(line)

    def _run(self, line: str) -> Output:
        plain, _, pipe = line.strip().partition(" | ")
        words = tuple(plain.split())
        if not words or words[0].startswith("!"):
            return NOTHING
        if self.editor and self.editor.mode.words[:2] == ("scheduler", "job") and words[0] not in _LEAVE:
            self.editor.type(line)
            return NOTHING
        found = commands().match(words)
        if isinstance(found, Refusal):
            return self._configure(line, tuple(line.split()), found.at)
        (flag,) = found.rule.flags
        output = HANDLERS[flag](self, found)
        if pipe.strip().startswith("json"):
            return Output(output.data, msgspec.json.encode(output.data).decode() + "\n")
        try:
            return Output(output.data, piped(output.text or "", pipe)) if pipe else output
        except PipeError as error:
            raise CommandError(f"{error}\n% Invalid command at '^' marker.\n") from error

    def _configure(self, line: str, words: tuple[str, ...], at: int) -> Output:
        if words == ("end",):
            self.editor = None
            return NOTHING
        if words in (("exit",), ("end-job",)):
            if self.editor and not self.editor.leave():
                self.editor = None
            return NOTHING
        if words[0] == "show" or (self.editor is None and not self.api):
            raise CommandError(refusal(at, words))
        if self.editor is None:
            self.editor = editing(self.device, self.device.running)
        for each in typed(line):
            try:
                self.editor.type(each)
            except Refused as refused:
                raise CommandError(refused.reason or refusal(refused.at, refused.words)) from refused
        self.device.on_change()
        return NOTHING

    def configure(self, _: Match) -> Output:
        """`configure terminal`; NX-API configures without it too."""
        self.editor = editing(self.device, self.device.running)
        return NOTHING

    def copy(self, match: Match) -> Output:
        """`copy FROM TO`."""
        source, target = self._file(match.words[1]), _plain(match.words[2])
        if target == "running-config":
            self.device.run(source.copy())
        elif target == "startup-config":
            self.device.startup = source.copy()
        else:
            self.device.files[target] = source.copy()
        return Output({}, "Copy complete.\n")

    def save(self, _: Match) -> Output:
        """`copy running-config startup-config`."""
        self.device.save()
        return Output({}, "[########################################] 100%\nCopy complete.\n")

    def checkpoint(self, match: Match) -> Output:
        """`checkpoint [NAME]`."""
        name = match.words[1] if len(match.words) > 1 else f"user-checkpoint-{next(self.storage.numbers)}"
        if name in self.storage.checkpoints:
            raise CommandError(f"ERROR: Checkpoint {name} already exists")
        self.storage.checkpoints[name] = self.device.running.copy()
        self.storage.descriptions[name] = match.words[3] if len(match.words) > 3 else "None"
        return Output({}, f"{name} created Successfully\n\nDone\n")

    def checkpoint_file(self, match: Match) -> Output:
        """`checkpoint file FILE`."""
        self.device.files[_plain(match.words[2])] = self.device.running.copy()
        return Output({}, "Done\n")

    def forget(self, match: Match) -> Output:
        """`no checkpoint NAME`."""
        if self.storage.checkpoints.pop(match.words[2], None) is None:
            raise CommandError(f"ERROR: Checkpoint {match.words[2]} does not exist")
        return NOTHING

    def rollback(self, match: Match) -> Output:
        """`rollback running-config checkpoint NAME`."""
        return self._back(self._checkpoint(match.words[3]))

    def rollback_file(self, match: Match) -> Output:
        """`rollback running-config file FILE`."""
        return self._back(self._file(match.words[3]))

    def _back(self, to: Node) -> Output:
        self.device.run(to.copy())
        steps = ("Collecting Running-Config", "Generating Rollback Patch", "Executing Rollback Patch")
        return Output({}, "\n".join((*steps, "Rollback completed successfully.", "")))

    def _checkpoint(self, name: str) -> Node:
        if name not in self.storage.checkpoints:
            raise CommandError(f"ERROR: Checkpoint {name} does not exist")
        return self.storage.checkpoints[name]

    def _file(self, name: str) -> Node:
        plain = _plain(name)
        held = {"running-config": self.device.running, "startup-config": self.device.startup}
        found = held.get(plain) or self.device.files.get(plain)
        if found is None:
            raise CommandError(f"No such file or directory ({name})")
        return found

    def delete(self, match: Match) -> Output:
        """`delete FILE`."""
        if self.device.files.pop(_plain(match.words[1]), None) is None:
            raise CommandError("No such file or directory")
        return NOTHING

    def erase(self, _: Match) -> Output:
        """`write erase`: the next boot begins with a new device's configuration."""
        self.device.startup = factory(self.device)
        return NOTHING

    def reload(self, _: Match) -> Output:
        """`reload`."""
        raise Reboot

    def dir(self, match: Match) -> Output:
        """`dir [FILE]`."""
        wanted = _plain(match.words[1]) if len(match.words) > 1 else ""
        names = [name for name in self.device.files if wanted in ("", name)]
        if wanted and not names:
            return Output(None, "No such file or directory\n")
        rows = "".join(
            f"    {len(lines(self.device.files[name])) * 32}    Jan 01 00:00:00 2025  {name}\n" for name in names
        )
        return Output(None, f"{rows}\nUsage for bootflash://sup-local\n")

    def ping(self, match: Match) -> Output:
        """`ping ADDRESS ...`, `ping6 ADDRESS ...`."""
        words = (match.words[0], *match.words[1].split())
        try:
            wanted = asked(words[1:], PING, 56)
        except Misspelt as wrong:
            raise CommandError(refusal(wrong.at + 1, words)) from wrong
        found = outcome(self.device, wanted)
        said = {
            Outcome.NO_VRF: f"ping: bad context {wanted.vrf}\n",
            Outcome.NO_SOURCE: f"ping: can't bind to address {wanted.source}\n",
        }.get(found.outcome, bsd(wanted, found))
        return Output(None, said if wanted.destination else f"% Invalid host/interface {wanted.word}\n")

    def show_file(self, match: Match) -> Output:
        """`show file FILE`."""
        return Output(None, shown(self.device, self._file(match.words[2]), "Checkpoint cmd vdc 1"))

    def show_checkpoints(self, _: Match) -> Output:
        """`show checkpoint summary`."""
        said = self.storage.descriptions
        rows = (f"{n}) {name}:\nDescription: {said[name]}\n\n" for n, name in enumerate(self.storage.checkpoints, 1))
        return Output(None, "".join(rows))

    def show_patch(self, match: Match) -> Output:
        """`show diff rollback-patch`: what a rollback from one to the other would type."""
        words = match.words[3:]
        ends = []
        while words:
            if words[0] == "running-config":
                ends.append(self.device.running)
                words = words[1:]
            else:
                ends.append(self._file(words[1]) if words[0] == "file" else self._checkpoint(words[1]))
                words = words[2:]
        patch = [
            line
            for line in difference(lines(ends[0]), lines(ends[1]), ("before", "after"))[2:]
            if line[:1] in "+-" and line[1:].strip()
        ]
        text = "\n".join(patch) if patch else "Rollback Patch is Empty"
        return Output(None, f"Collecting Running-Config\n#Generating Rollback Patch\n{text}\n")

    def show_running(self, match: Match) -> Output:
        """`show running-config`."""
        return Output(None, shown(self.device, self.device.running, " ".join(match.words)))

    def show_startup(self, match: Match) -> Output:
        """`show startup-config`."""
        return Output(
            None, shown(self.device, self.device.startup, "show startup-config") if self.device.startup else ""
        )

    def show(self, match: Match) -> Output:
        """A `show` command that the state of the device answers."""
        return Output(*showing.answer(self.device, match))


HANDLERS: Mapping[str, Callable[[Terminal, Match], Output]] = {
    "nothing": lambda terminal, match: NOTHING,
    **{name: getattr(Terminal, name) for name in (
        "configure", "copy", "save", "checkpoint", "checkpoint_file", "forget", "rollback", "rollback_file", "delete",
        "erase", "reload", "dir", "ping", "show_file", "show_checkpoints", "show_patch", "show_running",
        "show_startup", "show",
    )},
}  # fmt: skip
"""What does the commands with a flag."""


def _plain(name: str) -> str:
    return name.removeprefix("bootflash:").removeprefix("volatile:").strip("/")


def refusal(at: int, words: tuple[str, ...]) -> str:
    """What NX-OS says of words that are no command: a mark under the first that it does not know."""
    if at >= len(words):
        return f"% Incomplete command at '^' marker.\n{' '.join(words)}\n"
    mark = " " * (len(" ".join(words[:at])) + bool(at))
    return f"{' '.join(words)}\n{mark}^\n% Invalid command at '^' marker.\n"
