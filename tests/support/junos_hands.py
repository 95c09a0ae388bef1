"""Hands on an emulated Junos switch, over NETCONF by ncclient, which knows nothing of cpal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ncclient import manager
from ncclient.transport import session
from ncclient.transport.errors import SessionCloseError, TransportError
from ncclient.xml_ import to_ele

from cpal.lab.emulate.fleet import PASSWORD, USER
from tests.support.emulated import until

COMMIT = "<commit-configuration/>"
GONE = (TransportError, SessionCloseError, EOFError, OSError)
"""What ncclient raises when its session is cut, or nobody listens."""


def hasten() -> None:
    """Let ncclient look for what there is to send two hundred times a second: its ten make each RPC wait for them."""
    session.TICK = 0.005


class JunosHands:
    """Hands that type `set` and `delete`; a session that was lost begins anew."""

    def __init__(self, url: str, user: str = USER) -> None:
        hasten()
        place = urlsplit(url)
        self._place = (place.hostname, place.port, user)
        self._session: Any = None

    def ask(self, rpc: str) -> ElementTree.Element:
        """What an RPC is answered with, names without their namespaces; asked again where the session is lost."""
        root = ElementTree.fromstring(until(lambda: self._asked(rpc)))
        for each in root.iter():
            each.tag = each.tag.rpartition("}")[2]
        return root

    def _asked(self, rpc: str) -> str:
        """The answer, or nothing where the switch is away."""
        try:
            if self._session is None or not self._session.connected:
                host, port, user = self._place
                self._session = manager.connect(
                    host=host, port=port, username=user, password=PASSWORD, hostkey_verify=False, look_for_keys=False,
                    allow_agent=False, timeout=30, device_params={"name": "default"},
                )  # fmt: skip
            return str(self._session.dispatch(to_ele(rpc)).xml)
        except GONE:
            self._session = None
            return ""

    def load(self, *lines: str) -> None:
        """Have lines done in the candidate, all of which are taken."""
        self._load('action="set"', "configuration-set", "\n".join(lines))

    def load_text(self, text: str) -> None:
        """Have a text with curly brackets merged into the candidate."""
        self._load('action="replace" format="text"', "configuration-text", text)

    def load_texts(self, texts: Iterable[str]) -> None:
        """Have texts done, one after another, and committed."""
        for text in texts:
            self.load_text(text)
        self.ask(COMMIT)

    def _load(self, how: str, element: str, text: str) -> None:
        found = self.ask(f"<load-configuration {how}><{element}>{escape(text)}</{element}></load-configuration>")
        assert found.find(".//rpc-error") is None, ElementTree.tostring(found)

    def type(self, *lines: str) -> None:
        """Have lines done and committed."""
        self.load(*lines)
        self.ask(COMMIT)

    def shown(self, which: str = "running") -> str:
        """What is committed as text; a switch starts with what it runs."""
        found = self.ask('<get-configuration database="committed" format="text"/>')
        return str(found.findtext("configuration-text"))

    def save(self) -> None:
        """Nothing: what is committed is what a switch starts with."""

    def left(self) -> list[str]:
        """What the candidate has and what runs has not, and a commit that waits."""
        compared = self.ask('<get-configuration compare="rollback" rollback="0" format="text"/>')
        waiting = self.ask("<get-commit-information/>").findall(".//commit-confirmed")
        changed = [line for line in "".join(compared.itertext()).splitlines() if line.strip()]
        return [*changed, *(str(each.text) for each in waiting)]

    def close(self) -> None:
        """End the session."""
        if self._session is not None and self._session.connected:
            self._session.close_session()
