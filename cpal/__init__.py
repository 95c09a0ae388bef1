"""cpal: a Common Programmable Abstraction Layer for data-centre networks and clouds.

Declare a network once; see what would change; apply it; prove it with real packets:

    >>> import cpal
    >>> session = cpal.Session()
    >>> plan = session.plan(session.load("examples/two-tenants.yaml"))
    >>> session.apply(plan)
    >>> session.verify()

`cpal.Session` holds everything; `cpal.errors` says what can go wrong; `cpal.model` what things are. A switch is met by

    >>> leaf1 = cpal.device("eos://admin@leaf1")
    >>> leaf1.facts, leaf1.interfaces["Ethernet1"], leaf1.vlans
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpal import errors as errors
    from cpal import model as model
    from cpal.faces.device.devices import devices
    from cpal.faces.device.live import device
    from cpal.faces.session import Session

__all__ = ["Session", "device", "devices", "errors", "model"]


def __getattr__(name: str) -> object:
    if name == "Session":
        # lazy: importing cpal must not cost what the whole flow costs
        from cpal.faces.session import Session

        return Session
    if name == "device":
        # lazy: nor what asking a device costs
        from cpal.faces.device.live import device

        return device
    if name == "devices":
        # lazy: as above
        from cpal.faces.device.devices import devices

        return devices
    if name in __all__:
        return import_module(f"cpal.{name}")
    raise AttributeError(f"module 'cpal' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
