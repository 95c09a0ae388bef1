"""Values of security group rules, of which Neutron says in words of its own that they cannot be.

Source: Networking API v2.0, security-group-rules; neutron 29.0.0, asked.
"""

from __future__ import annotations

from typing import Any

from cpal.faces.neutron.fault import ApiFault, bad_request
from cpal.faces.neutron.values import NAME, described, remote_prefix, said
from cpal.model.security import PROTOCOL_NUMBERS

MOST_PORT = 65535


@described(type="string", maxLength=NAME)
def word(value: Any) -> str:
    """What is looked up as it was sent, whatever it is; nothing has an id that is longer."""
    return value[: NAME + 1] if isinstance(value, str) else said(value)


@described(type="integer", minimum=0, maximum=MOST_PORT)
def rule_port(value: Any) -> int:
    """A port, or a type or code of ICMP.

    Raises:
        ApiFault: it is no number, or none that a port has.
    """
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if not 0 <= number <= MOST_PORT:
        raise bad_request(f"Invalid value for port {said(value)}", "SecurityGroupInvalidPortValue")
    return number


@described(**remote_prefix.schema)
def rule_prefix(value: Any) -> str | None:
    """A remote prefix; None where it is empty.

    Raises:
        ApiFault: it is none.
    """
    if not value:
        return None
    try:
        return str(remote_prefix(value))
    except ValueError:
        raise bad_request(f"Invalid CIDR {said(value)} given as IP prefix.", "InvalidCIDR") from None


_NAMES = sorted(PROTOCOL_NUMBERS, key=lambda name: name.replace("icmpv6", "ipv6-icmpv6"))


def no_protocol(name: str) -> ApiFault:
    """There is no such protocol."""
    known = ", ".join(map(repr, ("any", *_NAMES)))
    message = (
        f"Security group rule protocol {said(name)} not supported. Only protocol values (None, {known}) and integer "
        "representations [0 to 255] are supported."
    )
    return bad_request(message, "SecurityGroupRuleInvalidProtocol")
