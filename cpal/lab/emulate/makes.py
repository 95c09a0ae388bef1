"""The makes that are emulated, and what each needs to be started."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from cpal.lab.emulate.device import Device, Routing
from cpal.lab.emulate.door import Door
from cpal.lab.emulate.eos.configuration import factory as eos_factory
from cpal.lab.emulate.eos.eapi import Eapi
from cpal.lab.emulate.eos.state import ROUTING as EOS_ROUTING
from cpal.lab.emulate.ios.configuration import factory as ios_factory
from cpal.lab.emulate.ios.ssh import IosSsh
from cpal.lab.emulate.ios.state import ROUTING as IOS_ROUTING
from cpal.lab.emulate.junos.configuration import factory as junos_factory
from cpal.lab.emulate.junos.netconf import Netconf
from cpal.lab.emulate.junos.state import ROUTING as JUNOS_ROUTING
from cpal.lab.emulate.listener import Listener
from cpal.lab.emulate.nxos.configuration import factory as nxos_factory
from cpal.lab.emulate.nxos.nxapi import Nxapi
from cpal.lab.emulate.nxos.ssh import NxosSsh
from cpal.lab.emulate.nxos.state import ROUTING as NXOS_ROUTING
from cpal.lab.emulate.ssh import SshListener
from cpal.lab.emulate.tree import Node


class Service(Protocol):
    """The API of one device, behind a door of its own."""

    door: Door

    @property
    def port(self) -> int:
        """Where it listens, or will again."""

    def open(self) -> None:
        """Listen, if it does not yet."""

    def close(self, at_once: bool) -> None:
        """Listen no longer; cut connections at once, or after what is under way."""

    def end(self) -> None:
        """Cut every connection, and leave the door to others."""


class Make(NamedTuple):
    """A make: what it is called, what speaks for it, its ports, the model and release that it says it is."""

    title: str
    api: str
    scheme: str
    """How a URL of it begins, where it is not told to be in plain text."""
    ports: str
    first: int
    """The number of the first port."""
    management: str
    model: str
    version: str
    factory: Callable[[Device], Node]
    routing: Routing
    serve: Callable[[Device, Door, ssl.SSLContext | None], Served]
    """Makes the service of a device, in plain text where it has no TLS."""


class Served(NamedTuple):
    """The service of a device, whether it would answer now, and what speaks its command line beside an API."""

    service: Service
    answers: Callable[[], bool]
    command_line: Callable[[Door], Service] | None = None


def _eos(device: Device, door: Door, tls: ssl.SSLContext | None) -> Served:
    api = Eapi(device)
    return Served(Listener(api.answer, door, tls), api.serves)


def _ios(device: Device, door: Door, _: ssl.SSLContext | None) -> Served:
    api = IosSsh(device)
    return Served(SshListener(api.serve, api.knows, door), api.serves)


def _junos(device: Device, door: Door, tls: ssl.SSLContext | None) -> Served:
    api = Netconf(device)
    return Served(SshListener(api.serve, api.knows, door), api.serves)


def _nxos(device: Device, door: Door, tls: ssl.SSLContext | None) -> Served:
    api = Nxapi(device)
    typed = NxosSsh(device, api.storage)
    return Served(Listener(api.answer, door, tls), api.serves, lambda door: SshListener(typed.serve, typed.knows, door))


MAKES: Mapping[str, Make] = {
    "eos": Make(
        "Arista EOS",
        "eAPI",
        "https",
        "Ethernet{}",
        1,
        "Management0",
        "vEOS-lab",
        "4.30.4M",
        eos_factory,
        EOS_ROUTING,
        _eos,
    ),
    "ios": Make(
        "Cisco IOS",
        "a command line over SSH",
        "ssh",
        "GigabitEthernet0/{}",
        1,
        "GigabitEthernet0/0",
        "VIOS-L2-EMULATOR",
        "15.2",
        ios_factory,
        IOS_ROUTING,
        _ios,
    ),
    "junos": Make(
        "Juniper Junos",
        "NETCONF over SSH",
        "netconf",
        "ge-0/0/{}",
        0,
        "fxp0",
        "QFX-EMULATOR",
        "21.4R3.15",
        junos_factory,
        JUNOS_ROUTING,
        _junos,
    ),
    "nxos": Make(
        "Cisco NX-OS",
        "NX-API",
        "https",
        "Ethernet1/{}",
        1,
        "mgmt0",
        "N9K-EMULATOR",
        "10.3(4a)",
        nxos_factory,
        NXOS_ROUTING,
        _nxos,
    ),
}
"""Each make by the name that drivers have for it."""
