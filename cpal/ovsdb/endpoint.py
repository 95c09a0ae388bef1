"""Where an OVSDB server listens.

    unix:PATH    tcp:HOST:PORT    tcp:[V6]:PORT    ssl:HOST:PORT

A port may be left out: 6640 (RFC 7047 section 8, IANA). Source: ovsdb(7), "Active connection methods".
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cpal.errors import Invalid

DEFAULT_PORT = 6640

_NETWORK = re.compile(r"(tcp|ssl):(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:\[\]]+))(?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Tls:
    """What `ssl:` needs: paths of PEM files with our private key, our certificate, and the authority we trust."""

    private_key: str
    certificate: str
    authority: str

    def context(self) -> ssl.SSLContext:
        """A context that proves us to the server and the server to us, by the authority's signature.

        Names are not compared: OVSDB's certificates (ovs-pki) name roles, not hosts.
        Raises: Invalid when a file is missing, not readable or not PEM.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        try:
            context.load_verify_locations(self.authority)
            context.load_cert_chain(self.certificate, self.private_key)
        except OSError as fault:
            raise Invalid(
                f"the TLS files cannot be used: {fault.strerror or fault}",
                key="tls",
                wanted=self,
                remedy="name a PEM private key, its certificate and the authority's certificate",
            ) from fault
        return context


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One parsed endpoint; `host` is the path for `unix`."""

    scheme: Literal["unix", "tcp", "ssl"]
    host: str
    port: int = 0

    def __str__(self) -> str:
        if self.scheme == "unix":
            return f"unix:{self.host}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}:{host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """The endpoint that a string names.

    Raises: Invalid.
    """
    if text.startswith("unix:") and len(text) > len("unix:"):
        return Endpoint("unix", text[len("unix:") :])
    match = _NETWORK.fullmatch(text)
    port = DEFAULT_PORT if match is None or match[4] is None else int(match[4])
    if match is None or not 0 < port < 65536:
        raise Invalid(
            "not an OVSDB endpoint",
            key=text,
            remedy="write unix:PATH, tcp:HOST:PORT, tcp:[ADDRESS]:PORT or ssl:HOST:PORT",
        )
    scheme: Literal["tcp", "ssl"] = "tcp" if match[1] == "tcp" else "ssl"
    return Endpoint(scheme, match[2] or match[3], port)


def parse_endpoints(endpoints: str | Sequence[str]) -> tuple[Endpoint, ...]:
    """The endpoints of one database: a sequence, or as OVN writes them, separated by commas.

    Raises: Invalid when one is malformed or there is none.
    """
    texts = endpoints.split(",") if isinstance(endpoints, str) else endpoints
    parsed = tuple(parse_endpoint(text.strip()) for text in texts)
    if not parsed:
        raise Invalid("no endpoint given", wanted="at least one of unix:, tcp:, ssl:")
    return parsed
