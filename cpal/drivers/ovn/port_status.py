"""The status of each port, kept in step with the bindings of the Southbound database.

A port may have two bindings: its own, and, where it is a router's gateway, that of the side which one host claims; the
latter speaks for the port then. Source: ovn-sb(5), Port_Binding `type`, `up`, `chassis`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cpal.core.driver import PortStatus

_ROUTER_PEERS = ("patch", "l3gateway")
_ROUTER_SIDE = "lrp-"
"""What the name of a router's own binding starts with; the switch's side stands for the port."""
_REDIRECT = "cr-lrp-"
"""What the name of the binding of a gateway that is on one host starts with: then the port's id."""

HostName = Callable[[str | None], str]
"""The name of the host that a chassis' UUID stands for, "" for none."""


class PortStatuses:
    """The statuses by port id: `found` is never copied, so that one change costs one."""

    def __init__(self, host_name: HostName) -> None:
        self._host_name = host_name
        self._plain: dict[str, PortStatus] = {}
        self._gateways: dict[str, PortStatus] = {}
        self._found: dict[str, PortStatus] = {}
        self._changed: dict[str, bool] | None = None
        self.found: Mapping[str, PortStatus] = self._found

    def changed(self) -> Mapping[str, bool]:
        """The ports whose status may have changed since this was last asked, each with whether it was seen to be down.

        When it is asked first, all.
        """
        found = dict.fromkeys(self._found, False) if self._changed is None else self._changed
        self._changed = {}
        return found

    def read(self, bindings: Iterable[Any]) -> None:
        """Begin anew with all bindings."""
        if self._changed is not None:
            self._changed = dict.fromkeys(self._found, False) | self._changed
        for known in (self._plain, self._gateways, self._found):
            known.clear()
        for binding in bindings:
            self.take(None, binding)

    def take(self, old: Any, new: Any) -> None:
        """Take in that one binding changed: `old` is None when it is new, `new` when it is gone."""
        if old is not None:
            self._set(old, None)
        if new is not None:
            self._set(new, self._status(new))

    def _status(self, binding: Any) -> PortStatus:
        host = self._host_name(binding.chassis)
        if binding.type == "chassisredirect":
            return PortStatus("ACTIVE" if host else "DOWN", host)
        up = binding.type in _ROUTER_PEERS or binding.up
        return PortStatus("ACTIVE" if up else "DOWN", host)

    def _set(self, binding: Any, status: PortStatus | None) -> None:
        name, kind = binding.logical_port, binding.type
        if kind == "chassisredirect" and name.startswith(_REDIRECT):
            port, known = name.removeprefix(_REDIRECT), self._gateways
        elif kind == "" or (kind in _ROUTER_PEERS and not name.startswith(_ROUTER_SIDE)):
            port, known = name, self._plain
        else:
            return
        if status is None:
            known.pop(port, None)
        else:
            known[port] = status
        speaking = self._gateways.get(port) or self._plain.get(port)
        if self._changed is not None:
            is_down = speaking is not None and speaking.status != "ACTIVE"
            self._changed[port] = self._changed.get(port, False) or is_down
        if speaking is None:
            self._found.pop(port, None)
        else:
            self._found[port] = speaking
