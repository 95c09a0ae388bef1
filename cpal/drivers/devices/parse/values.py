"""Values as devices write them, in canonical form."""

from __future__ import annotations

import functools
import ipaddress
import re

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
WORDS = re.compile(r"(\d+)\s*(year|week|day|hour|minute|second|[ywdhms])s?(?![a-z])")
USUAL_MAC = re.compile(r"[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}|[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
USUAL_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}", re.ASCII)
USUAL_GROUP = re.compile(r"[1-9a-f][0-9a-f]{0,3}")
"""Addresses as they are in most lines of a table: they are canonical already, but for their case or their dots."""
MOST_GROUPS = 6
"""Of an IPv6 address that leaves some out by `::`. Source: RFC 5952, 4.2.2."""
CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$")


def mac(text: str) -> str:
    """A MAC address in lower case with colons, from any form: groups of 2, 4 or 12 digits, zeros in front left out.

    Raises:
        ValueError: not a MAC address.
    """
    text = text.strip().lower()
    if USUAL_MAC.fullmatch(text):
        return text if ":" in text else f"{text[:2]}:{text[2:4]}:{text[5:7]}:{text[7:9]}:{text[10:12]}:{text[12:]}"
    if text.endswith(":"):  # NX-OS cuts long lines: what is missing is at the end
        digits = text.replace(":", "").ljust(12, "0")
    else:
        groups = re.split(r"[.:-]", text)
        digits = (
            "".join(group.zfill(12 // len(groups)) for group in groups) if text and len(groups) in (1, 3, 6) else ""
        )
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise ValueError(f"{text!r} is not a MAC address")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def mac_or_none(text: str | None) -> str | None:
    """The MAC address that the text names; None where there is none."""
    try:
        return mac(text) if text else None
    except ValueError:
        return None


def ip(text: str) -> str:
    """An IP address in canonical text, its zone kept.

    Raises:
        ValueError: not an IP address.
    """
    text = text.strip()
    if USUAL_IPV4.fullmatch(text):
        return text
    address, percent, zone = text.partition("%")
    if (canonical := _usual_ipv6(address)) is not None:
        return f"{canonical}{percent}{zone}"
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return f"::ffff:{found.ipv4_mapped}{percent}{zone}"
    return f"{found}{percent}{zone}"


def _usual_ipv6(text: str) -> str | None:
    """An IPv6 address that leaves zeros out by `::` and has no other, in lower case; None for any other text."""
    before, left_out, after = text.lower().partition("::")
    groups = [*before.split(":")] if before else []
    groups += after.split(":") if after else []
    if not left_out or len(groups) > MOST_GROUPS or groups[:1] == ["ffff"]:
        return None
    return text.lower() if all(map(USUAL_GROUP.fullmatch, groups)) else None


def is_ip(text: str) -> bool:
    """Whether the text is an IP address."""
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def within(prefix: str, wanted: Network) -> bool:
    """Whether the text is a prefix in another, or that itself; tables also have what is no prefix of IP."""
    try:
        found = ipaddress.ip_network(prefix)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Network):
        return isinstance(wanted, ipaddress.IPv4Network) and found.subnet_of(wanted)
    return isinstance(wanted, ipaddress.IPv6Network) and found.subnet_of(wanted)


def as_number(text: str | int) -> int:
    """An autonomous system number in asplain. Source: RFC 5396."""
    high, dot, low = str(text).partition(".")
    return (int(high) << 16) + int(low) if dot else int(high)


def seconds(text: str) -> float | None:
    """How long `1y2w`, `3d04h`, `12:30:01`, `2 days, 03:04` or `45` is; None for text that is no time.

    Two numbers are minutes and seconds, or, after days, hours and minutes.
    """
    text = text.strip().rstrip(",")
    clock = 0.0
    found = CLOCK.search(text)
    if found:
        text = text[: found.start()].rstrip(" ,")
        first, second, third = found.groups()
        clock = int(first or 0) * 3600 + int(second) * 60 + float(third)
        clock = clock * 60 if text and first is None else clock
    words = WORDS.findall(text)
    if words:
        return clock + sum(int(number) * SECONDS[unit[0]] for number, unit in words)
    if found:
        return clock
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def none_if_empty(text: str | None) -> str | None:
    """The text without blanks around it; None for none, or for an empty one."""
    return (text or "").strip() or None


@functools.lru_cache(maxsize=10_000)
def natural(text: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts names by the numbers in them: Ethernet2 before Ethernet10. Devices share most names."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text) if part)
