"""The words of a command line: what may stand where a grammar has a `<slot>`, and how a device writes it.

A slot reads words from a position and says how many it took and what the device will show for them. Where the slot
takes no word it says None, and the grammar goes on with its next line.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence

Taken = tuple[int, str] | None
Slot = Callable[[Sequence[str], int], Taken]
"""From words and a position: how many words are taken, and what is shown for them."""


def pattern(text: str) -> Slot:
    """A slot for one word that a regular expression matches whole."""
    compiled = re.compile(text)

    def slot(words: Sequence[str], at: int) -> Taken:
        return (1, words[at]) if compiled.fullmatch(words[at]) else None

    return slot


def number(low: int, high: int) -> Slot:
    """A slot for a number in a range."""

    def slot(words: Sequence[str], at: int) -> Taken:
        word = words[at]
        return (1, str(int(word))) if word.isdecimal() and low <= int(word) <= high else None

    return slot


def rest(words: Sequence[str], at: int) -> Taken:
    """All words that are left."""
    return len(words) - at, " ".join(words[at:])


def address(version: int) -> Slot:
    """A slot for an address."""

    def slot(words: Sequence[str], at: int) -> Taken:
        try:
            found = ipaddress.ip_address(words[at])
        except ValueError:
            return None
        return (1, str(found)) if found.version == version else None

    return slot


def prefix(version: int, host_bits: bool = True) -> Slot:
    """A slot for an address with its prefix length; without `host_bits` a network, whose host bits are cleared."""

    def slot(words: Sequence[str], at: int) -> Taken:
        if "/" not in words[at]:
            return None
        try:
            found = ipaddress.ip_interface(words[at])
        except ValueError:
            return None
        return (1, str(found if host_bits else found.network)) if found.version == version else None

    return slot


def mac(separator: str, digits: int) -> Slot:
    """A slot for a MAC address, shown in groups of so many digits."""

    def slot(words: Sequence[str], at: int) -> Taken:
        plain = re.sub(r"[.:-]", "", words[at].lower())
        if not re.fullmatch(r"[0-9a-f]{12}", plain):
            return None
        return 1, separator.join(plain[n : n + digits] for n in range(0, 12, digits))

    return slot


def dotted(address: str) -> str:
    """A MAC address in Cisco's groups of four digits: `0200.c0aa.0001`."""
    plain = re.sub(r"[.:-]", "", address.lower())
    return ".".join(plain[n : n + 4] for n in (0, 4, 8))


def interfaces(names: Mapping[str, str]) -> Slot:
    """A slot for an interface's name, in one word or two, and ranges; `names` has the pattern of numbers by name."""
    compiled = {full: re.compile(numbers) for full, numbers in names.items()}

    def slot(words: Sequence[str], at: int) -> Taken:
        found = re.fullmatch(r"([A-Za-z-]+?)(\d[\d/.,:-]*)?", words[at])
        if not found:
            return None
        numbers, taken = found[2], 1
        if numbers is None and at + 1 < len(words):
            numbers, taken = words[at + 1], 2
        stem = found[1].lower()
        for full, accepted in compiled.items():
            if full.lower().startswith(stem) and numbers and accepted.fullmatch(numbers):
                return taken, full + numbers
        return None

    return slot


def expanded(text: str) -> list[int]:
    """The numbers of a list of ranges: `1,3-5`."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        low, _, high = part.partition("-")
        found += range(int(low), int(high or low) + 1)
    return found


def ranged(numbers: Sequence[int]) -> str:
    """A list of ranges, shortest: `1,3-5`."""
    runs: list[list[int]] = []
    for each in sorted(set(numbers)):
        if runs and runs[-1][1] == each - 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def netmask(words: Sequence[str], at: int) -> Taken:
    """The mask of an IPv4 network."""
    return (1, words[at]) if words[at] in _MASKS else None


_MASKS = {str(ipaddress.ip_network(f"0.0.0.0/{length}").netmask) for length in range(33)}


def upper(slot: Slot) -> Slot:
    """A slot whose words are shown in capitals."""

    def shouted(words: Sequence[str], at: int) -> Taken:
        taken = slot(words, at)
        return (taken[0], taken[1].upper()) if taken else None

    return shouted


def number_ranges(low: int, high: int) -> Slot:
    """A slot for a list of ranges within bounds."""

    def slot(words: Sequence[str], at: int) -> Taken:
        if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", words[at]):
            return None
        found = expanded(words[at])
        return (1, ranged(found)) if found and low <= min(found) and max(found) <= high else None

    return slot


@functools.lru_cache(maxsize=10_000)
def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key by which texts sort as people count: `Ethernet2` before `Ethernet10`."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.findall(r"\d+|\D+", text))


def area(words: Sequence[str], at: int) -> Taken:
    """An area of OSPF, as a number or dotted; shown dotted."""
    word = words[at]
    try:
        return 1, str(ipaddress.IPv4Address(int(word) if word.isascii() and word.isdecimal() else word))
    except ValueError:
        return None


_DSCPS = {"default": 0, "ef": 46} | {f"cs{n}": 8 * n for n in range(1, 8)} | {
    f"af{n}{drop}": 8 * n + 2 * drop for n in range(1, 5) for drop in range(1, 4)
}  # fmt: skip


def dscp(names: bool) -> Slot:
    """A slot for a DSCP, by number or name, which is shown by its name where it has one, or always by number."""
    shown = {number: name for name, number in _DSCPS.items()}

    def slot(words: Sequence[str], at: int) -> Taken:
        word = words[at].lower()
        value = _DSCPS.get(word, int(word) if word.isdecimal() else -1)
        if not 0 <= value <= 63:
            return None
        return 1, shown.get(value, str(value)) if names else str(value)

    return slot


COMMON: Mapping[str, Slot] = {
    "word": pattern(r"\S+"),
    "vlan-name": pattern(r"\S{1,32}"),
    "rest": rest,
    "ip": address(4),
    "ip6": address(6),
    "prefix": prefix(4),
    "prefix6": prefix(6),
    "net": prefix(4, host_bits=False),
    "net6": prefix(6, host_bits=False),
    "mac": mac(".", 4),
    "number": number(0, 2**32 - 1),
    "vlan": number_ranges(1, 4094),
    "instances": number_ranges(0, 4094),
    "priority": pattern("|".join(map(str, range(0, 61441, 4096)))),
    "area": area,
    "cost": number(1, 65535),
    "process": number(1, 65535),
    "dscp": dscp(names=False),
    "as": pattern(r"\d+(\.\d+)?"),
}
"""The slots that mean the same in Arista's and in Cisco's words."""
