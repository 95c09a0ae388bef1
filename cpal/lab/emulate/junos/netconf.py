"""NETCONF of a Junos device: RPCs over SSH, framed by `]]>]]>`.

Source: RFC 6241 (operations), RFC 6242 section 4.3 (framing of 1.0); Junos XML management protocol guide.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.faults import Drop, Reboot, Refusal
from cpal.lab.emulate.junos.commits import Commits
from cpal.lab.emulate.junos.configuration import knows, serves_netconf
from cpal.lab.emulate.junos.rpc import Closing, Failed, Rpcs
from cpal.lab.emulate.junos.xml import built, fields, plain

if TYPE_CHECKING:
    import asyncssh

END = b"]]>]]>"
BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
CAPABILITIES = (
    "urn:ietf:params:netconf:base:1.0",
    "urn:ietf:params:netconf:capability:candidate:1.0",
    "urn:ietf:params:netconf:capability:confirmed-commit:1.0",
    "urn:ietf:params:netconf:capability:validate:1.0",
    "http://xml.juniper.net/netconf/junos/1.0",
    "http://xml.juniper.net/dmi/system/1.0",
)


class Netconf:
    """The API of one device."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.commits = Commits(device)
        self._numbers = itertools.count(4001)
        device.on_boot = self.commits.forget

    def serves(self) -> bool:
        """Whether the device answers: it is up, and NETCONF is switched on in its running configuration."""
        return not self.device.down and serves_netconf(self.device.running)

    def knows(self, user: str, password: str) -> bool:
        """Whether a user may come in."""
        return knows(self.device.running, user, password)

    async def serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """Talk NETCONF with a client until it goes."""
        if process.subsystem != "netconf":
            process.stderr.write(b"this emulator speaks NETCONF, and has no command line\n")
            process.exit(1)
            return
        number = next(self._numbers)
        user = str(process.get_extra_info("username"))
        rpcs = Rpcs(self.device, self.commits, number, user)
        hello = built("hello", built("capabilities", *(built("capability", each) for each in CAPABILITIES)),
                      *fields(session_id=number), xmlns=BASE)  # fmt: skip
        process.stdout.write(ElementTree.tostring(hello) + b"\n" + END + b"\n")
        talk = asyncio.create_task(self._talk(process, rpcs))
        gone = asyncio.create_task(process.wait_closed())
        try:
            await asyncio.wait((talk, gone), return_when=asyncio.FIRST_COMPLETED)
            talk.cancel()  # what hangs is not done after all when nobody waits for it any more
            [fault] = await asyncio.gather(talk, return_exceptions=True)
            if isinstance(fault, Drop):
                process.get_extra_info("connection").abort()
            elif isinstance(fault, Exception):
                raise fault
        finally:
            gone.cancel()
            self.commits.unlock(number)

    async def _talk(self, process: asyncssh.SSHServerProcess[bytes], rpcs: Rpcs) -> None:
        while True:
            try:
                message = await process.stdin.readuntil(END)
            except asyncio.IncompleteReadError:
                return
            text = message[: -len(END)].strip()
            try:
                rpc = ElementTree.fromstring(text)
            except ParseError as error:
                process.stdout.write(self._reply({}, [_error(f"syntax error: {error}")]))
                continue
            if plain(rpc.tag) == "hello":
                continue
            if self.device.delay_s:
                await asyncio.sleep(self.device.delay_s)
            attributes = {name: value for name, value in rpc.attrib.items() if plain(name) == name}
            answers, last = await self._answers(rpcs, rpc)
            process.stdout.write(self._reply(attributes, answers))
            if last:
                process.exit(0)
                return

    async def _answers(self, rpcs: Rpcs, rpc: Element) -> tuple[list[Element], bool]:
        """What is answered to an RPC, and whether it is the last."""
        asked = next(iter(rpc), None)
        if asked is None:
            return [_error("syntax error")], False
        command = re.sub(r"(</?)\w+:", r"\1", ElementTree.tostring(asked, encoding="unicode"))
        boots = self.device.boots
        try:
            await self.device.faults.strike(command, "before")
            found = rpcs.answer(asked)
            await self.device.faults.strike(command, "after")
        except Refusal as refused:
            return [_error(str(refused))], False
        except Failed as failed:
            return failed.answers, False
        except Closing:
            return [built("ok")], True
        except Reboot:
            self.device.reboot()
            raise
        if self.device.down or self.device.boots != boots:
            raise Drop
        return found, False

    def _reply(self, attributes: dict[str, str], answers: list[Element]) -> bytes:
        version = self.device.identity.version
        own: dict[str, Any] = {"xmlns": BASE, "xmlns:junos": f"http://xml.juniper.net/junos/{version}/junos"}
        reply = Element("rpc-reply", {**attributes, **own})
        reply.extend(answers)
        return ElementTree.tostring(reply) + b"\n" + END + b"\n"


def _error(message: str) -> Element:
    return built(
        "rpc-error",
        *fields(error_type="protocol", error_tag="operation-failed", error_severity="error", error_message=message),
    )
