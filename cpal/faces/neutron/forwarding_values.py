"""Values of port forwardings, of which Neutron says in words of its own that they cannot be.

Source: Networking API v2.0, floatingips/port_forwardings; neutron 29.0.0, asked.
"""

from __future__ import annotations

from typing import Any

from cpal.faces.neutron.values import Inconvertible, described, said
from cpal.model.security import PROTOCOL_NUMBERS, protocol_number

FORWARDED = ("tcp", "udp")
"""The protocols whose ports OVN forwards."""


@described(enum=[*FORWARDED])
def forwarded_protocol(value: Any) -> str:
    """The name of a protocol whose ports are forwarded."""
    if value is None:
        raise ValueError(f"{value} is not in valid_values")
    if not isinstance(value, str):
        raise Inconvertible(f"Input value {said(value)} must be string type")
    try:
        number = protocol_number(value.lower(), 4) if value else -1
    except ValueError:
        number = -1
    if number == -1:
        raise Inconvertible(f"IP protocol '{said(value)}' is not supported. Only protocol names and their integer "
                            "representation (0 to 255) are supported")  # fmt: skip
    if value not in PROTOCOL_NUMBERS:
        raise ValueError(f"{said(value)} is not in valid_values")
    if value not in FORWARDED:
        raise ValueError(f"'{value}' cannot be held: OVN forwards ports of TCP and UDP")
    return value


@described(type="string", pattern="^[0-9]{1,5}(:[0-9]{1,5})?$")
def port_range(value: Any) -> str:
    """Ports from the first to the last, `80:90`, or one, `80`."""
    words = str(value).split(":")
    if len(words) > 2 or not all(words):
        raise ValueError("Port range must be two integers separated by a colon")
    ports = [_port(word) for word in words]
    if ports[0] > ports[-1]:
        raise ValueError("First port in a port range must be lower than the second port")
    return ":".join(map(str, ports))


def _port(word: str) -> int:
    digits = word.strip()
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 9 else -1
    if not 0 <= number <= 65535:
        raise ValueError(f"Invalid port: {said(word)}")
    if number == 0:
        raise ValueError(f"Invalid port: {said(word)}, the port must be in the range [1, 65535]")
    return number
