"""IOS: names of interfaces, and answers that say that a command is not known."""

from __future__ import annotations

import re

WHOLE = {
    "Fa": "FastEthernet", "Gi": "GigabitEthernet", "Te": "TenGigabitEthernet", "Tw": "TwoGigabitEthernet",
    "Fi": "FiveGigabitEthernet", "Twe": "TwentyFiveGigE", "Fo": "FortyGigabitEthernet", "Hu": "HundredGigE",
    "TH": "TwoHundredGigE", "Fou": "FourHundredGigE", "Ap": "AppGigabitEthernet", "Et": "Ethernet", "Eth": "Ethernet",
    "Po": "Port-channel", "Vl": "Vlan", "Lo": "Loopback", "Tu": "Tunnel", "Se": "Serial", "PO": "POS",
    "Di": "Dialer", "Mu": "Multilink", "Vi": "Virtual-Access", "Vt": "Virtual-Template",
}  # fmt: skip
"""Interface types by the beginning that tables cut them to. Source: Cisco IOS Interface Command Reference.

Those of 100 Gbit/s are `HundredGigE` on switches, and `HundredGigabitEthernet` on some routers.
"""
CUT = re.compile(r"(Twe|[A-Za-z]{2})[A-Za-z-]*(\d.*)")
SHORT = re.compile(r"([A-Za-z]+)(\d.*)")


def port(name: str) -> str:
    """An interface's whole name: GigabitEthernet0/1 for Gi0/1."""
    found = SHORT.fullmatch(name.strip())
    return WHOLE[found[1]] + found[2] if found and found[1] in WHOLE else name.strip()


def cut(name: str) -> str:
    """What is the same in all spellings of an interface's name: `Hu0/0/3`."""
    found = CUT.fullmatch(name.strip())
    return found[1] + found[2] if found else name.strip()


def spelled(name: str) -> str | None:
    """The name as a table spells it, where it cuts it."""
    return None if port(name) == name.strip() else name.strip()


def is_refused(answer: str | None) -> bool:
    """Whether the device does not know the command."""
    return answer is None or bool(
        re.search(r"^% ?(?:Invalid|Incomplete|Ambiguous)|Not Supported", answer, re.MULTILINE)
    )


def first(pattern: str, text: str) -> str | None:
    """What the pattern's group finds first in a line."""
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else None


def number(pattern: str, text: str) -> int | None:
    """The whole number that the pattern's group finds first."""
    found = first(pattern, text)
    return None if found is None else int(found)
