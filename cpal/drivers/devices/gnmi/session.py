"""gNMI as a transport: what is asked of each path, all at once, over one connection of gRPC.

A target is asked first what it can. It must know models of OpenConfig. SONiC, which is known by models of its own, is
asked with the names of modules and of the schema that is meant; others are asked as the specification has it.

Source: gNMI specification, 3.2 (Capabilities), 3.3 (Get), gnmi-authentication (metadata); SONiC, gNMI user guide.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

from cpal.drivers.devices.gnmi.parse.tree import Element, Path, answer, path_of
from cpal.drivers.devices.login import Login
from cpal.drivers.devices.parse.asking import Ask, Questions
from cpal.errors import CpalError, Invalid, Missing, Rejected, TimedOut, Unauthenticated, Unreachable, Unreadable

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what goes wrong is an error of ours, not a line among the output
try:
    import grpc
    from pygnmi.spec.v080 import gnmi_pb2, gnmi_pb2_grpc
except ImportError as error:
    raise Missing("the library pygnmi is not installed", key="gnmi", remedy="pip install 'cpal[gnmi]'") from error

PORT = 9339
"""Source: IANA, service name `gnmi-gnoi`."""
PLAIN = "plain"
"""The way without TLS."""
OPENCONFIG, SONIC = "openconfig", "sonic-"
SONIC_TARGET = "OC-YANG"
WRONG_PASSWORD = "see CPAL_DEVICE_PASSWORD, and what the inventory says of its password"
_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.enable_http_proxy", 0))
_REFUSALS = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INVALID_ARGUMENT)
_STRANGERS = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INTERNAL)


class Gnmi:
    """A device that answers over gNMI. `run` gives what is at paths, without the names of modules."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._channel: Any = None
        self._stub: Any = None
        self._turn = asyncio.Lock()
        self._is_sonic = False
        self._encoding = gnmi_pb2.Encoding.JSON_IETF

    async def answers(self, asks: Questions) -> tuple[Any, ...]:
        """The answers to questions, all asked at once."""
        await self._begin()
        return tuple(await asyncio.gather(*map(self._answer, asks)))

    async def _answer(self, ask: Ask) -> Any:
        try:
            return await self._get(path_of(ask.text))
        except Rejected:
            if ask.optional:
                return None
            raise

    async def run(self, *paths: str) -> list[Any]:
        """What is at each path (`/interfaces/interface[name=Ethernet1]/state`), without the names of modules.

        Raises:
            Invalid: that is no path.
            Rejected: the device knows no such path.
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Unreadable: it is no gNMI, or knows nothing of OpenConfig.
        """
        try:
            asked = [path_of(text) for text in paths]
        except ValueError as error:
            raise Invalid(str(error), key=self._login.name, remedy="write /interfaces/interface[name=...]") from error
        await self._begin()
        return list(await asyncio.gather(*map(self._get, asked)))

    async def close(self) -> None:
        """End the connection."""
        channel, self._channel, self._stub = self._channel, None, None
        if channel is not None:
            await channel.close()

    async def _begin(self) -> None:
        async with self._turn:
            if self._stub is not None:
                return
            host = f"[{self._login.host}]" if ":" in self._login.host else self._login.host
            where = f"{host}:{self._login.port or PORT}"
            if self._login.way == PLAIN:
                self._channel = grpc.aio.insecure_channel(where, options=_OPTIONS)
            else:
                self._channel = grpc.aio.secure_channel(where, self._trust(), options=_OPTIONS)
            stub = gnmi_pb2_grpc.gNMIStub(self._channel)
            self._know(await self._asked(stub.Capabilities, gnmi_pb2.CapabilityRequest(), _STRANGERS))
            self._stub = stub

    def _know(self, told: Any) -> None:
        models = [model.name for model in told.supported_models]
        if not any(name.startswith(OPENCONFIG) for name in models):
            raise self._stranger("it knows none of OpenConfig's models")
        self._is_sonic = any(name.startswith(SONIC) for name in models)
        if gnmi_pb2.Encoding.JSON_IETF not in told.supported_encodings:
            self._encoding = gnmi_pb2.Encoding.JSON

    async def _get(self, path: Path) -> Any:
        prefix = gnmi_pb2.Path(target=SONIC_TARGET) if self._is_sonic else gnmi_pb2.Path(origin=OPENCONFIG)
        names = [Element(step.name if self._is_sonic else step.name.rpartition(":")[2], step.keys) for step in path]
        elements = [gnmi_pb2.PathElem(name=step.name, key=dict(step.keys)) for step in names]
        request = gnmi_pb2.GetRequest(prefix=prefix, path=[gnmi_pb2.Path(elem=elements)], encoding=self._encoding)
        return answer(path, _updates(await self._asked(self._stub.Get, request)))

    async def _asked(self, call: Any, request: Any, strangers: tuple[Any, ...] = ()) -> Any:
        login = self._login
        who = [("username", login.user), ("password", login.password or "")]
        try:
            return await call(request, timeout=login.timeout_s, metadata=who if login.password else who[:1])
        except grpc.aio.AioRpcError as error:
            if error.code() in strangers:
                raise self._stranger(error.details() or error.code().name) from error
            raise self._fault(error) from error

    def _fault(self, error: Any) -> CpalError:
        code, said, name = error.code(), error.details() or error.code().name, self._login.name
        if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
            return Unauthenticated(f"the device does not let {self._login.user} in: {said}", key=name,
                                   remedy=WRONG_PASSWORD)  # fmt: skip
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return TimedOut(f"the device does not answer within {self._login.timeout_s:g} s", key=name)
        if code in _REFUSALS:
            return Rejected(f"the device refuses: {said}", key=name)
        remedy = "does gNMI listen there, and is its certificate trusted (SSL_CERT_FILE)?"
        return Unreachable(f"the device does not answer over gNMI: {said}", key=name, remedy=remedy)

    def _stranger(self, why: str) -> Unreadable:
        return Unreadable(f"this is no OpenConfig over gNMI: {why}", key=self._login.name,
                          remedy="is it a device of that make?")  # fmt: skip

    def _trust(self) -> Any:
        file = self._login.trusted or os.environ.get("SSL_CERT_FILE", "")
        try:
            return grpc.ssl_channel_credentials(File(file).read_bytes() if file else None)
        except OSError as error:
            raise Unreachable(
                f"no certificates can be read from it: {error}", key=file, remedy="see SSL_CERT_FILE"
            ) from error


def _updates(told: Any) -> Iterator[tuple[Path, Any]]:
    for notification in told.notification:
        for update in notification.update:
            elements = [*notification.prefix.elem, *update.path.elem]
            yield tuple(Element(each.name, tuple(sorted(each.key.items()))) for each in elements), _value(update.val)


def _value(told: Any) -> Any:
    kind = told.WhichOneof("value")
    value: Any = getattr(told, kind) if kind else None
    if kind in ("json_ietf_val", "json_val"):
        return json.loads(value)
    return [_value(each) for each in value.element] if kind == "leaflist_val" else value
