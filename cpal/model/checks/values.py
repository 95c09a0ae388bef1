"""Checks of single values: addresses, prefixes, MAC addresses, domain names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cpal.model.address import address, ipv4_number, prefix, span, version_of
from cpal.model.address import mac as canonical_mac
from cpal.model.checks.words import Problem

_MAC = re.compile("[0-9a-f][02468ace]" + ":[0-9a-f][0-9a-f]" * 5)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)

MAX_NAME = 255
MAX_DOMAIN = 253
"""Characters of a domain name without its trailing dot: 255 octets on the wire. Source: RFC 1035, section 2.3.4."""


def mac_problems(field: str, text: str) -> Iterable[Problem]:
    """What is wrong with a port's MAC address: unicast, not zero, in canonical form."""
    return () if is_mac(text) else _wrong_mac(field, text)


def is_mac(text: str) -> bool:
    """Whether it is a MAC address that a port may have, in canonical form."""
    return bool(text) and _MAC.fullmatch(text) is not None and text != "00:00:00:00:00:00"


def _wrong_mac(field: str, text: str) -> Iterator[Problem]:
    try:
        wanted = canonical_mac(text)
    except ValueError as error:
        yield Problem(field, f"{text} is {error}" if str(error).startswith("not") else f"{text}: {error}",
                      "write six pairs of hexadecimal digits, such as 02:c0:12:34:56:78")  # fmt: skip
    else:
        yield Problem(field, f"{text} is not in canonical form", f"write {wanted}")


def address_problems(field: str, text: str, version: int = 0) -> Iterable[Problem]:
    """What is wrong with an address: its form, or its family when `version` is 4 or 6."""
    right = (version or 4) == 4 and ipv4_number(text) is not None
    return () if right else _wrong_address(field, text, version)


def _wrong_address(field: str, text: str, version: int) -> Iterator[Problem]:
    try:
        found = address(text)
    except ValueError:
        yield Problem(field, f"{text!r} is not an IP address", f"write an IPv{version or 4} address")
        return
    if version and found.version != version:
        yield Problem(field, f"{text} is not an IPv{version} address", f"write an IPv{version} address")
    elif str(found) != text:
        yield Problem(field, f"{text} is not in canonical form", f"write {found}")


def prefix_problems(field: str, text: str, version: int = 0) -> Iterator[Problem]:
    """What is wrong with a prefix (a bare address is a host prefix): form, host bits, or family."""
    bare, slash, length = text.partition("/")
    try:
        network = prefix(text)
    except ValueError:
        yield _bad_prefix(field, text, bare, slash, length)
        return
    if version and network.version != version:
        yield Problem(field, f"{text} is not an IPv{version} prefix", f"write an IPv{version} prefix")
    elif text != str(network if slash else network.network_address):
        yield Problem(field, f"{text} is not in canonical form", f"write {network}")


def _bad_prefix(field: str, text: str, bare: str, slash: str, length: str) -> Problem:
    try:
        found = address(bare)
        bits = int(length) if length.isdecimal() else -1
        if not slash or not 0 <= bits <= found.max_prefixlen:
            raise ValueError
    except ValueError:
        return Problem(field, f"{text!r} is not a prefix", "write an address and a length, such as 10.0.1.0/24")
    shift = found.max_prefixlen - bits
    start = type(found)(int(found) >> shift << shift)
    return Problem(field, f"{text} has host bits set", f"write {start}/{bits}")


def interface_problems(field: str, text: str) -> Iterator[Problem]:
    """What is wrong with an interface address: an address with its prefix length."""
    bare, slash, length = text.partition("/")
    longest = 32 if version_of(bare) == 4 else 128
    if not slash or not length.isdecimal() or int(length) > longest:
        yield Problem(field, f"{text!r} is not an address with its prefix length", "write it as 203.0.113.9/24")
    else:
        yield from address_problems(field, bare)


def is_of_one(text: str) -> bool:
    """Whether an address may be that of one device. Source: RFC 6890, tables 1 and 4; RFC 4291, section 2.4."""
    found = ipaddress.ip_address(text)
    return not (found.is_unspecified or found.is_loopback or found.is_multicast or text == "255.255.255.255")


def domain_problems(field: str, text: str) -> Iterator[Problem]:
    """What is wrong with a domain name. Source: RFC 1123, section 2.1; RFC 1035, section 2.3.4."""
    name = text.removesuffix(".")
    if len(name) > MAX_DOMAIN:
        yield Problem(field, f"{len(name)} characters are too many", f"write at most {MAX_DOMAIN}")
    for label in name.split("."):
        if not _LABEL.fullmatch(label):
            yield Problem(field, f"{label!r} in {text!r} is not a host name label",
                          "write 1 to 63 letters, digits and hyphens, with no hyphen at either end")  # fmt: skip


def outside_hosts(cidr: str, number: int) -> str:
    """Which reserved address of the prefix the number is (`network`, `broadcast`), or "" for one that a host may have.

    Source: RFC 1122, section 3.2.1.3; RFC 3021 for /31; RFC 4291, section 2.6.1: in IPv6 only the first is reserved.
    """
    inside = span(cidr)
    if inside.last - inside.first < 2:
        return ""
    if number == inside.first:
        return "network"
    return "broadcast" if number == inside.last and inside.version == 4 else ""


@lru_cache(maxsize=65536)
def host_numbers(cidr: str) -> range:
    """The addresses that hosts may have in an IPv4 prefix, as integers; none for other text."""
    try:
        inside = span(cidr)
    except ValueError:
        return range(0)
    if inside.version == 6:
        return range(0)
    return range(inside.first, inside.last + 1) if inside.length > 30 else range(inside.first + 1, inside.last)
