"""eAPI as a transport: commands as JSON-RPC over HTTPS. Source: Arista Command API Guide, `runCmds`.

All commands of one form go in one request, which the device stops at the first that it refuses; so those that may be
refused go by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Questions
from cpal.errors import CpalError, Rejected, TimedOut, Unauthenticated, Unreachable, Unreadable

PATH = "/command-api"
ENABLE = "enable"


class Eapi:
    """A switch that answers over eAPI. `run` gives what the device itself says, in its own words."""

    def __init__(self, url: str, user: str, password: str, timeout_s: float) -> None:
        self._client = httpx.Client(base_url=url, auth=(user, password), timeout=timeout_s)
        self._url = url

    def __call__(self, asks: Questions) -> tuple[Any, ...]:
        """The answers to questions, in as few requests as can be."""
        answers: dict[Ask, Any] = {}
        for form in (JSON, TEXT):
            sure = [ask for ask in asks if ask.form == form and not ask.optional]
            answers.update(zip(sure, self.run(*(ask.text for ask in sure), form=form), strict=True))
        for ask in asks:
            if ask.optional:
                answers[ask] = self._optional(ask)
        return tuple(answers[ask] for ask in asks)

    def _optional(self, ask: Ask) -> Any:
        try:
            return self.run(ask.text, form=ask.form)[0]
        except Rejected:
            return None

    def run(self, *commands: str, form: str = JSON) -> list[Any]:
        """What the device answers to commands: decoded JSON, or text.

        Raises:
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Rejected: it refuses a command.
        """
        if not commands:
            return []
        result = self._result([ENABLE, *commands], form)[1:]
        return [each["output"] for each in result] if form == TEXT else result

    def _result(self, commands: Sequence[str], form: str) -> list[Any]:
        params = {"version": 1, "cmds": list(commands), "format": form}
        answer = self._post({"jsonrpc": "2.0", "method": "runCmds", "params": params, "id": "cpal"})
        if "error" in answer:
            raise Rejected(answer["error"].get("message", "refused"), key=self._url)
        result: list[Any] = answer["result"]
        return result

    def _post(self, body: Any) -> dict[str, Any]:
        try:
            response = self._client.post(PATH, json=body)
        except httpx.HTTPError as error:
            raise _fault(self._url, error) from error
        if response.status_code in (401, 403):
            raise Unauthenticated("the device does not know this user with this password", key=self._url)
        try:
            answer = response.raise_for_status().json()
        except (httpx.HTTPStatusError, ValueError) as error:
            raise Unreadable(f"this is not eAPI: {error}", key=self._url) from error
        if not isinstance(answer, dict):
            raise Unreadable("this is not eAPI: no object of JSON-RPC", key=self._url)
        return answer

    def close(self) -> None:
        """End the connection."""
        self._client.close()


def _fault(url: str, error: httpx.HTTPError) -> CpalError:
    if isinstance(error, httpx.TimeoutException):
        return TimedOut("the device does not answer in time", key=url)
    remedy = "is eAPI on? (`management api http-commands`)"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        remedy = "its certificate is not trusted: name what to trust in a file, in SSL_CERT_FILE"
    return Unreachable(f"the device does not answer: {error}", key=url, remedy=remedy)
