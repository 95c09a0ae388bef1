"""What each RPC of a NETCONF session does to a Junos device.

Source: RFC 6241; Junos XML management protocol guide, "Requesting configuration changes".
"""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.faults import Reboot
from cpal.lab.emulate.junos import checks, operational, pinging
from cpal.lab.emulate.junos.commits import Commits, Locked
from cpal.lab.emulate.junos.configuration import text
from cpal.lab.emulate.junos.statements import Wrong
from cpal.lab.emulate.junos.text import as_set, compared, load_set, load_text
from cpal.lab.emulate.junos.xml import as_xml, built, chosen, fields, load_xml, plain
from cpal.lab.emulate.pinging import Misspelt
from cpal.lab.emulate.tree import Node

CONFIRM_S = 600.0
"""How long a commit waits to be confirmed, in seconds, where it does not say. Source: RFC 6241, section 8.4.5.1."""
COMMANDS = {
    "show version": "get-software-information",
    "show chassis hardware": "get-chassis-inventory",
    "show interfaces": "get-interface-information",
    "show interfaces terse": "get-interface-information",
    "show vlans": "get-vlan-information",
    "show lldp neighbors": "get-lldp-neighbors-information",
    "show arp": "get-arp-table-information",
    "show route": "get-route-information",
    "show bgp neighbor": "get-bgp-neighbor-information",
    "show bgp summary": "get-bgp-summary-information",
    "show system uptime": "get-system-uptime-information",
}
"""Commands of the command line that are answered as XML, by the RPC that they stand for."""


class Failed(Exception):
    """An RPC that is not done; `answers` say why."""

    def __init__(self, *answers: Element) -> None:
        super().__init__()
        self.answers = list(answers)


class Closing(Exception):
    """The session ends."""


def error(message: str, kind: str = "protocol", tag: str = "operation-failed", **more: str) -> Element:
    """An `<rpc-error>`; `path` says where in the configuration, `bad` which word."""
    found = built("rpc-error", *fields(error_type=kind, error_tag=tag, error_severity="error"))
    if more.get("path"):
        found.append(built("error-path", f"[edit {more['path']}]"))
    found.append(built("error-message", message))
    if more.get("bad"):
        found.append(built("error-info", built("bad-element", more["bad"])))
    return found


class Rpcs:
    """The RPCs of one session."""

    def __init__(self, device: Device, commits: Commits, session: int, user: str) -> None:
        self._device = device
        self._commits = commits
        self._session = session
        self._user = user

    def answer(self, rpc: Element) -> list[Element]:
        """Do an RPC.

        Raises:
            Failed: it cannot be done.
            Closing: it ends the session.
            Reboot: the device is to go down.
        """
        name = plain(rpc.tag)
        own = _OWN.get(name)
        try:
            if own is not None:
                return own(self, rpc)
        except Locked as locked:
            raise Failed(_locked(locked)) from locked
        asked = operational.ANSWERS.get(name)
        if asked is None:
            raise Failed(error("syntax error", tag="unknown-element", bad=name))
        return [asked(self._device, rpc)]

    def _lock(self, rpc: Element) -> list[Element]:
        self._commits.lock(self._session, self._user)
        return [built("ok")]

    def _unlock(self, rpc: Element) -> list[Element]:
        if self._commits.holder != self._session:
            raise Failed(error("configuration database is not locked by this session"))
        self._commits.unlock(self._session)
        return [built("ok")]

    def _discard(self, rpc: Element) -> list[Element]:
        self._commits.check(self._session)
        self._commits.discard()
        return [built("ok")]

    def _load(self, rpc: Element) -> list[Element]:
        """`<load-configuration>`: text, set commands or XML; merged, replaced, or all of it; or an earlier one."""
        self._commits.check(self._session)
        if (number := rpc.get("rollback")) is not None:
            return self._rollback(number)
        action, form = rpc.get("action", "merge"), rpc.get("format", "xml")
        root = Node() if action in ("override", "overwrite", "update") else self._commits.candidate.copy()
        root.below = {} if root.below is None else root.below
        given = next((each for each in rpc if plain(each.tag).startswith("configuration")), None)
        if given is None:
            raise Failed(error("missing mandatory argument configuration"))
        if action == "set":
            wrong = load_set(root, "".join(given.itertext()))
        elif form == "text":
            wrong = load_text(root, "".join(given.itertext()), replacing=action == "replace")
        elif form == "xml":
            wrong = load_xml(root, given)
        else:
            raise Failed(error(f"this emulator does not load the format {form!r}"))
        self._commits.candidate, self._commits.changed_by = root, self._user
        return [_loaded(wrong)]

    def _rollback(self, number: str) -> list[Element]:
        try:
            self._commits.rollback(int(number))
        except (IndexError, ValueError) as missing:
            raise Failed(error(f"could not find rollback configuration: {number}")) from missing
        return [built("load-configuration-results", built("ok"))]

    def _edit(self, rpc: Element) -> list[Element]:
        """`<edit-config>` of NETCONF."""
        self._commits.check(self._session)
        given = next((each for each in rpc.iter() if plain(each.tag) == "configuration"), None)
        texts = next((each for each in rpc.iter() if plain(each.tag).startswith("configuration-")), None)
        replace = operational.argument(rpc, "default-operation") == "replace"
        root = Node() if replace else self._commits.candidate.copy()
        root.below = {} if root.below is None else root.below
        if given is not None:
            wrong = load_xml(root, given)
        elif texts is not None:
            loading = load_set if plain(texts.tag) == "configuration-set" else load_text
            wrong = loading(root, "".join(texts.itertext()))
        else:
            raise Failed(error("missing mandatory argument configuration", tag="missing-element"))
        if wrong:
            raise Failed(*map(_wrong, wrong))
        self._commits.candidate, self._commits.changed_by = root, self._user
        return [built("ok")]

    def _commit(self, rpc: Element) -> list[Element]:
        """`<commit>` of NETCONF, whose timer is in seconds, and `<commit-configuration>`, whose timer is in minutes."""
        self._commits.check(self._session)
        if wrong := list(checks.faults(self._commits.candidate)):
            raise Failed(built("commit-results", *map(_wrong, wrong), error(checks.FAILED)))
        if operational.argument(rpc, "check"):
            return [
                built("commit-results", built("routing-engine", *fields(name="re0"), built("commit-check-success")))
            ]
        given = operational.argument(rpc, "confirm-timeout")
        unit = self._device.minute_s if plain(rpc.tag) == "commit-configuration" else 1.0
        seconds = float(given) * unit if given.isdecimal() else CONFIRM_S
        confirmed = bool(operational.argument(rpc, "confirmed"))
        self._commits.commit(self._user, operational.argument(rpc, "log"), seconds if confirmed else None)
        if plain(rpc.tag) == "commit":
            return [built("ok")]
        return [
            built("commit-results", built("routing-engine", *fields(name="re0"), built("commit-success"))),
            built("ok"),
        ]

    def _get_config(self, rpc: Element) -> list[Element]:
        """`<get-config>` of NETCONF."""
        source = next((each for each in rpc if plain(each.tag) == "source"), None)
        name = plain(next(iter(source)).tag) if source is not None and len(source) else "running"
        root = self._commits.candidate if name == "candidate" else self._device.running
        filtered = next((each for each in rpc.iter() if plain(each.tag) == "filter"), None)
        wanted = (
            []
            if filtered is None
            else [each for top in filtered for each in (top if plain(top.tag) == "configuration" else [top])]
        )
        return [built("data", _as_xml(root, wanted))]

    def _get_configuration(self, rpc: Element) -> list[Element]:
        """`<get-configuration>` of Junos: what is committed or the candidate, as XML, text or set; or what changed."""
        if rpc.get("compare") == "rollback":
            return [self._compared(int(rpc.get("rollback", "0")))]
        committed = rpc.get("database") == "committed"
        root = self._device.running if committed else self._commits.candidate
        form = rpc.get("format", "xml")
        wanted = [each for top in rpc for each in (top if plain(top.tag) == "configuration" else [top])]
        if form == "text":
            return [built("configuration-text", text(chosen(root, wanted) if wanted else root))]
        if form == "set":
            return [
                built("configuration-set", "\n" + "\n".join(as_set(chosen(root, wanted) if wanted else root)) + "\n")
            ]
        return [_as_xml(root, wanted)]

    def _compared(self, number: int) -> Element:
        if number >= len(self._commits.history):
            raise Failed(error(f"could not find rollback configuration: {number}"))
        before = self._commits.history[number].configuration if number else self._device.running
        changed = "\n".join(compared(before, self._commits.candidate))
        return built("configuration-information", built("configuration-output", f"\n{changed}\n" if changed else "\n"))

    def _rollback_information(self, rpc: Element) -> list[Element]:
        number = operational.argument(rpc, "rollback")
        held = self._commits.history
        if not number.isdecimal() or int(number) >= len(held):
            raise Failed(error(f"could not find rollback configuration: {number}"))
        return [
            built(
                "rollback-information",
                built(
                    "configuration-information", built("configuration-output", text(held[int(number)].configuration))
                ),
            )
        ]

    def _command(self, rpc: Element) -> list[Element]:
        """`<command>`: a line of the command line, where it stands for an RPC that is answered as XML."""
        words = (rpc.text or "").partition("|")[0].split()
        if words[:1] == ["ping"] and rpc.get("format") != "text":
            return self._echoed(lambda: pinging.of_words(self._device, words[1:]))
        name = COMMANDS.get(" ".join(words))
        if name is None or rpc.get("format") == "text":
            raise Failed(error("syntax error", bad=words[1] if len(words) > 1 else "".join(words)))
        asked = Element(name)
        if words[-1] == "terse":
            asked.append(built("terse"))
        return [operational.ANSWERS[name](self._device, asked)]

    def _ping(self, rpc: Element) -> list[Element]:
        return self._echoed(lambda: pinging.of_rpc(self._device, rpc))

    def _echoed(self, send: Callable[[], Element]) -> list[Element]:
        try:
            return [send()]
        except Misspelt as wrong:
            raise Failed(error("syntax error", bad="ping")) from wrong

    def _validate(self, rpc: Element) -> list[Element]:
        if wrong := list(checks.faults(self._commits.candidate)):
            raise Failed(*map(_wrong, wrong))
        return [built("ok")]

    def _done(self, rpc: Element) -> list[Element]:
        return [built("ok")]

    def _open(self, rpc: Element) -> list[Element]:
        if operational.argument(rpc, "private"):
            raise Failed(error("this emulator has no private candidates; lock the configuration instead"))
        return [built("ok")]

    def _close(self, rpc: Element) -> list[Element]:
        raise Closing

    def _reboot(self, rpc: Element) -> list[Element]:
        raise Reboot

    def _commit_information(self, rpc: Element) -> list[Element]:
        return [operational.commits(self._commits)]

    def _commit_revision(self, rpc: Element) -> list[Element]:
        return [operational.revision(self._commits)]


_OWN: dict[str, Callable[[Rpcs, Element], list[Element]]] = {
    "lock": Rpcs._lock,
    "lock-configuration": Rpcs._lock,
    "unlock": Rpcs._unlock,
    "unlock-configuration": Rpcs._unlock,
    "discard-changes": Rpcs._discard,
    "load-configuration": Rpcs._load,
    "edit-config": Rpcs._edit,
    "commit": Rpcs._commit,
    "commit-configuration": Rpcs._commit,
    "validate": Rpcs._validate,
    "get-config": Rpcs._get_config,
    "get-configuration": Rpcs._get_configuration,
    "get-rollback-information": Rpcs._rollback_information,
    "get-commit-information": Rpcs._commit_information,
    "get-commit-revision-information": Rpcs._commit_revision,
    "command": Rpcs._command,
    "ping": Rpcs._ping,
    "open-configuration": Rpcs._open,
    "close-configuration": Rpcs._done,
    "close-session": Rpcs._close,
    "request-reboot": Rpcs._reboot,
}
"""What does an RPC that changes or reads configurations."""


def _locked(locked: Locked) -> Element:
    """Why the candidate is not to be had, with who changed it. Source: `<database-status-information>`."""
    found = error(str(locked), tag="lock-denied")
    if locked.user:
        status = built("database-status-information", built("database-status", *fields(user=locked.user)))
        found.append(built("error-info", status))
    return found


def _as_xml(root: Node, wanted: list[Element]) -> Element:
    found = built("configuration")
    as_xml(chosen(root, wanted) if wanted else root, found)
    return found


def _wrong(wrong: Wrong) -> Element:
    return error(wrong.message, path=" ".join(wrong.path), bad=wrong.word)


def _loaded(wrong: list[Wrong]) -> Element:
    if wrong:
        return built("load-configuration-results", *map(_wrong, wrong), *fields(load_error_count=len(wrong)))
    return built("load-configuration-results", built("ok"))
