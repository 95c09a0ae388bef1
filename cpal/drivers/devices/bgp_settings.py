"""How makes whose configuration is lines write BGP: what of it is the same, and the same of VRFs. Pure.

Source: Arista EOS user manual, "Border Gateway Protocol (BGP)"; Cisco Nexus 9000 Series NX-OS Unicast Routing
Configuration Guide, "Configuring Basic BGP"; Cisco IOS IP Routing: BGP Command Reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cpal.core.rows import VALUE, Row
from cpal.drivers.devices.parse.tree import Tree, lines_of
from cpal.drivers.devices.render_bgp import BGP, NEIGHBORS, SILENT, in_vrf, of
from cpal.drivers.devices.render_switch import key_of
from cpal.drivers.devices.settings import Setting, asn
from cpal.model.of_device import IPV4

SECTION = "router bgp *"
_VRF = "vrf {0}"


def of_as(*idle: str) -> Setting:
    """The AS, whose line is the section of all BGP; `idle` are lines that a device puts there by itself."""
    return Setting(BGP, "", "router bgp {value}", convert=asn, shared=lambda _, below: bool(below.keys() - {*idle}))


def everywhere(table: str, section: str, line: str, hollow: int = 0, **how: Any) -> Iterator[Setting]:
    """A setting of the device, and of its VRFs, in a section within BGP's ("" its own).

    Source of what tells a tenant's VRF, which other records fill: Arista EOS user manual, "EVPN", `route-target`; Cisco
    Nexus 9000 Series NX-OS VXLAN Configuration Guide, `advertise l2vpn evpn`.
    """
    yield Setting(table, _joined(SECTION, section), line, hollow=hollow, **how)
    yield of_vrf(table, _joined(_VRF, further(section)), further(line), hollow + 1, **how)


def of_vrf(table: str, section: str, line: str, hollow: int, **how: Any) -> Setting:
    """A setting of a VRF, in a section within BGP's, where the first word of a row is the VRF."""
    return Setting(in_vrf(table), _joined(SECTION, section), line, hollow=hollow, where=_is_of_records, **how)


def _joined(*sections: str) -> str:
    return " / ".join(filter(None, sections))


def further(text: str) -> str:
    """A section or a line, about the words of a row behind the first."""
    return re.sub(r"\{(\d)", lambda slot: f"{{{int(slot[1]) + 1}", text)


def _is_of_records(section: Tree) -> bool:
    lines = (line for path in lines_of(section) for line in path[-1:])
    return not any(line.startswith(("route-target ", "advertise l2vpn evpn")) for line in lines)


def silence(vrfs: bool = False) -> Callable[[Tree, str], Iterator[Row]]:
    """Of makes that speak to neighbours of IPv4 unless told: whom a device speaks to of it, as no line says.

    Those are left out that have what they do from a group.
    """

    def implied(tree: Tree, device: str) -> Iterator[Row]:
        for line, below in tree.items():
            if not line.startswith("router bgp "):
                continue
            sections = [("", below)]
            sections += [(each[4:], inside) for each, inside in below.items() if vrfs and each.startswith("vrf ")]
            for vrf, section in sections:
                yield from unsaid(device, vrf, section, "no bgp default ipv4-unicast" in below)

    return implied


def unsaid(
    device: str, vrf: str, section: Tree, are_silent: bool, ipv4: str = "address-family ipv4"
) -> Iterator[Row]:  # fmt: skip
    """The same of a section of BGP, in which that is the section of IPv4."""
    told = {found[1] for line in section.get(ipv4, {}) if (found := _ACTIVATE.fullmatch(line))}
    grouped = {found[1] for line in section if (found := _GROUP.match(line))}
    table = SILENT if are_silent else of(IPV4, NEIGHBORS)
    for line in section:
        if (found := _REMOTE.fullmatch(line)) and found[1] not in told | grouped:
            words: Sequence[str] = (vrf, found[1]) if vrf else (found[1],)
            yield Row(key_of(in_vrf(table) if vrf else table, device, *words), {VALUE: found[1]})


_ACTIVATE = re.compile(r"(?:no )?neighbor (\S+) activate")
_GROUP = re.compile(r"neighbor (\S+) peer[ -]group \S")
_REMOTE = re.compile(r"neighbor (\S+) remote-as \S+")
