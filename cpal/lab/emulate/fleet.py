"""Many emulated devices in one event loop, each at an address of its own."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import ssl
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cpal.errors import Invalid
from cpal.lab.emulate.device import Device, identity_of
from cpal.lab.emulate.door import Door
from cpal.lab.emulate.makes import MAKES, Service

USER = PASSWORD = "admin"
PORTS = 8
"""How many ports a device has, unless it is told."""


@dataclass(frozen=True)
class Wanted:
    """A device to emulate: its make, its name, where it listens (port 0: anywhere), and how many ports it has.

    `ssh_port` is where its command line listens too, beside an API; None for nowhere.
    """

    make: str
    name: str
    host: str = "127.0.0.1"
    port: int = 0
    ports: int = PORTS
    plain: bool = False
    delay_s: float = 0.0
    boot_s: float = 1.0
    minute_s: float = 60.0
    ssh_port: int | None = None


@dataclass(eq=False)
class Emulated:
    """A device that is emulated, and the service that answers for it while it is up."""

    device: Device
    scheme: str
    service: Service
    command_line: Service | None = None

    @property
    def host(self) -> str:
        """The address at which it is reached."""
        return self.service.door.host

    @property
    def port(self) -> int:
        """The port at which it is reached."""
        return self.service.port

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"{self.scheme}://{self.host}:{self.port}"


class Fleet:
    """The devices, by name."""

    def __init__(self) -> None:
        self.devices: dict[str, Emulated] = {}
        self._devices: dict[str, Device] = {}

    def add(self, wanted: Wanted, tls: ssl.SSLContext) -> Emulated:
        """Start one more device.

        Raises:
            Invalid: an unknown make, or a name that is taken.
            Conflict: something listens at its address.
        """
        make = MAKES.get(wanted.make)
        if make is None:
            raise Invalid(f"no emulator is called {wanted.make!r}", remedy=f"there are {', '.join(MAKES)}")
        if wanted.plain and make.scheme != "https":
            raise Invalid(f"{make.api} has no form in plain text", remedy="leave --plain out")
        if wanted.name in self.devices:
            raise Invalid(f"two devices are called {wanted.name!r}", remedy="give each a name of its own")
        ports = (*(make.ports.format(make.first + n) for n in range(wanted.ports)), make.management)
        identity = identity_of(wanted.name, wanted.make, make.model, make.version)
        device = Device(identity, ports, make.factory, USER, PASSWORD, wanted.boot_s, wanted.delay_s,
                        wanted.minute_s)  # fmt: skip
        device.routing, device.beside = make.routing, self._devices
        scheme = "http" if wanted.plain and make.scheme == "https" else make.scheme
        service, serves, typed = make.serve(device, Door(wanted.host, wanted.port), None if wanted.plain else tls)
        line = None
        if wanted.ssh_port is not None:
            if typed is None:
                raise Invalid(f"{make.title} has no command line beside {make.api}", remedy="leave the port of SSH out")
            line = typed(Door(wanted.host, wanted.ssh_port))
        found = self.devices[wanted.name] = Emulated(device, scheme, service, line)
        self._devices[wanted.name] = device
        service.open()
        if line:
            line.open()

        def follow() -> None:
            if serves():
                service.open()
            else:
                service.close(at_once=device.down)
            if line and device.down:
                line.close(at_once=True)
            elif line:
                line.open()

        device.on_change = follow
        return found

    def close(self) -> None:
        """Cut every connection, and listen no longer."""
        for each in self.devices.values():
            each.device.on_change = _nothing
            each.device.faults.clear()
            each.service.end()
            if each.command_line:
                each.command_line.end()


def _nothing() -> None:
    """What a device that is gone does when its configuration changes."""


@contextlib.asynccontextmanager
async def fleet(wanted: Sequence[Wanted]) -> AsyncIterator[Fleet]:
    """Devices, for as long as they are used.

    Raises:
        Invalid: an unknown make, or two devices of one name.
        Conflict: something listens at an address.
    """
    found, tls = Fleet(), certified()
    try:
        for each in wanted:
            found.add(each, tls)
        yield found
    finally:
        found.close()


def certified() -> ssl.SSLContext:
    """A server's TLS with a certificate that it signed itself, as a device out of the box has."""
    # lazy: making a certificate loads a library that help need not wait for
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cpal emulator")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30)).add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "certificate.pem"
        file.write_bytes(plain + certificate.public_bytes(pem))
        context.load_cert_chain(file)
    return context
