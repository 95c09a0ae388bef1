"""A target of gNMI that holds one tree, written as RFC 7951 has it, and answers Capabilities and Get. It is no device.

It speaks as makes do: `WHOLE` gives a value for each path that is asked, `LEAVES` one for each leaf, `SONIC` wants the
names of modules and of the schema, and wraps a value into the name of its node. Source: gNMI specification, 3.2, 3.3.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from pygnmi.spec.v080 import gnmi_pb2, gnmi_pb2_grpc

WHOLE, LEAVES, SONIC = "whole", "leaves", "sonic"
USER, PASSWORD = "admin", "admin"
MODELS = {WHOLE: ("openconfig-interfaces",), LEAVES: ("openconfig-interfaces",),
          SONIC: ("openconfig-interfaces", "sonic-port")}  # fmt: skip


@dataclass
class Target(gnmi_pb2_grpc.gNMIServicer):  # type: ignore[misc]  # pygnmi has no types
    """What is served; `hangs` keeps answers until it is set."""

    tree: dict[str, Any]
    accent: str = WHOLE
    models: tuple[str, ...] | None = None
    hangs: threading.Event | None = None
    port: int = 0
    asked: list[str] = field(default_factory=list)

    def Capabilities(self, request: Any, context: Any) -> Any:
        """The models and encodings."""
        self._let_in(context)
        models = MODELS[self.accent] if self.models is None else self.models
        return gnmi_pb2.CapabilityResponse(
            supported_models=[gnmi_pb2.ModelData(name=name, organization="a test") for name in models],
            supported_encodings=[gnmi_pb2.Encoding.JSON, gnmi_pb2.Encoding.JSON_IETF], gNMI_version="0.8.0",
        )  # fmt: skip

    def Get(self, request: Any, context: Any) -> Any:
        """What is at each path."""
        self._let_in(context)
        if self.hangs is not None:
            self.hangs.wait(30)
        if self.accent == SONIC and request.prefix.target != "OC-YANG":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such schema")
        return gnmi_pb2.GetResponse(notification=[self._told(request.prefix, path, context) for path in request.path])

    def _let_in(self, context: Any) -> None:
        told = dict(context.invocation_metadata())
        if (told.get("username"), told.get("password")) != (USER, PASSWORD):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong name or password")

    def _told(self, prefix: Any, path: Any, context: Any) -> Any:
        elements = [*prefix.elem, *path.elem]
        self.asked.append("/".join(each.name for each in elements))
        node: Any = self.tree
        name = ""
        for each in elements:
            known = {key if self.accent == SONIC and node is self.tree else key.rpartition(":")[2]: key for key in node}
            name = known.get(each.name, "")
            if not name:
                context.abort(grpc.StatusCode.NOT_FOUND, f"there is no {each.name}")
            node = node[name]
            if each.key:
                node = next((one for one in node if all(str(one[key]) == each.key[key] for key in each.key)), None)
            if node is None:
                context.abort(grpc.StatusCode.NOT_FOUND, f"there is no such {each.name}")
        if self.accent == SONIC:
            return _notification([(elements, {name: [node] if elements[-1].key else node})])
        return _notification(list(_leaves(elements, node)) if self.accent == LEAVES else [(elements, node)])


def _keys(entry: Any) -> dict[str, str]:
    """What tells an entry of a list from the others; nothing for a list without keys."""
    found = entry.items() if isinstance(entry, dict) else ()
    return {name: str(value) for name, value in found if not isinstance(value, dict | list)}


def _leaves(elements: list[Any], node: Any) -> Iterator[tuple[list[Any], Any]]:
    """Each leaf, and each list without keys, with its path."""
    if not isinstance(node, dict):
        yield elements, node
        return
    for name, value in node.items():
        plain = name.rpartition(":")[2]
        if isinstance(value, list) and value and _keys(value[0]):
            for entry in value:
                keys = _keys(entry)
                inside = {key: one for key, one in entry.items() if isinstance(one, dict | list)}
                yield from _leaves([*elements, gnmi_pb2.PathElem(name=plain, key=keys)], inside)
        else:
            yield from _leaves([*elements, gnmi_pb2.PathElem(name=plain)], value)


def _notification(values: list[tuple[list[Any], Any]]) -> Any:
    return gnmi_pb2.Notification(
        timestamp=1,
        update=[
            gnmi_pb2.Update(
                path=gnmi_pb2.Path(elem=path), val=gnmi_pb2.TypedValue(json_ietf_val=json.dumps(value).encode())
            )
            for path, value in values
        ],
    )


@contextmanager
def serving(target: Target, key: bytes = b"", certificate: bytes = b"") -> Iterator[Target]:
    """The target while it answers at a port of this machine, with TLS where it has a key."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    gnmi_pb2_grpc.add_gNMIServicer_to_server(target, server)
    if key:
        target.port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
    else:
        target.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield target
    finally:
        server.stop(None).wait()
