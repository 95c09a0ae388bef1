"""How Arista's and Cisco's switches write OSPF processes, and what interfaces say of them. Pure.

Source: Arista EOS user manual, "OSPFv2"; Cisco Nexus 9000 NX-OS Unicast Routing Configuration Guide, "Configuring
OSPFv2"; Cisco IOS IP Routing: OSPF Command Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpal.core.rows import Value
from cpal.drivers.devices.cli_settings import of_interface
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_ospf import (
    ALL,
    AREA,
    COST,
    NETWORK_TYPE,
    OSPF,
    OSPF_IN_VRF,
    PASSIVE,
    PASSIVE_DEFAULT,
    PASSIVE_INTERFACES,
    PATHS,
    REDISTRIBUTE,
    ROUTER_ID,
    of,
)
from cpal.drivers.devices.settings import Setting, whole
from cpal.drivers.devices.words import Words
from cpal.model.ospf import BROADCAST, area_id


def at_eos(words: Words) -> tuple[Setting, ...]:
    """As EOS writes them."""
    sections = {OSPF: "router ospf {0:number}", OSPF_IN_VRF: "router ospf {0:number} vrf {1}"}
    return (
        *(each for table in sections for each in (*process(table, sections), _passive_interfaces(table, sections))),
        *_interfaces(words, "ip ospf area {value}"),
    )


def at_nxos(words: Words, route_map: str) -> tuple[Setting, ...]:
    """As NX-OS writes them: what is in a VRF stands in its process, and an interface says itself that it is passive.

    Routes are redistributed through a route map.
    """
    sections = {OSPF: "router ospf {0}", OSPF_IN_VRF: "router ospf {0} / vrf {1}"}
    passive = {True: "ip ospf passive-interface", False: "no ip ospf passive-interface"}
    return (
        *(each for table in sections for each in process(table, sections, f" route-map {route_map}", outer=OSPF)),
        *_interfaces(words, "ip router ospf {1} area {value}"),
        of_interface(words, PASSIVE, choices=passive),
    )


def at_ios(words: Words) -> tuple[Setting, ...]:
    """As IOS writes them."""
    sections = {OSPF: "router ospf {0:number}", OSPF_IN_VRF: "router ospf {0:number} vrf {1}"}
    return (
        *(setting for table in sections for setting in process(table, sections, " subnets")),
        *(_passive_interfaces(table, sections) for table in sections),
        *_interfaces(words, "ip ospf {1:number} area {value}"),
    )


def process(
    table: str, sections: Mapping[str, str], every: str = "", outer: str = "", router_id: str = "router-id {value}"
) -> tuple[Setting, ...]:
    """A process and its settings; `every` stands behind what is redistributed as a whole, and BGP's AS before it."""
    more = 2 if table == OSPF_IN_VRF else 1

    def of_process(setting: str, line: str = "", **how: Any) -> Setting:
        return Setting(of(table, setting), sections[table], line, within=table, words_within=more, **how)

    def picked(text: str) -> Value:
        return " ".join(text.removesuffix(every).split()) or ALL

    def said(value: Value) -> str:
        return every if value == ALL else f" {value}{every if str(value).isdecimal() else ''}"

    return (
        Setting(table, sections[table], within=outer if table != outer else ""),
        of_process(ROUTER_ID, router_id),
        of_process(PASSIVE_DEFAULT, choices={True: "passive-interface default", False: None}),
        of_process(PATHS, "maximum-paths {value:number}", convert=whole),
        of_process(REDISTRIBUTE, f"redistribute {{{more}}}{{value:more}}", convert=picked, say=said),
    )


def _passive_interfaces(table: str, sections: Mapping[str, str]) -> Setting:
    """What a process says of interfaces that are not as they are by default."""
    more = 2 if table == OSPF_IN_VRF else 1
    line = f"{{value:no}}passive-interface {{{more}:interface}}"
    how: dict[str, Any] = {"convert": lambda text: not text, "say": lambda is_passive: "" if is_passive else "no "}
    return Setting(of(table, PASSIVE_INTERFACES), sections[table], line, within=table, words_within=more, **how)


def _interfaces(words: Words, area: str) -> tuple[Setting, ...]:
    return (
        of_interface(words, AREA, area, convert=dotted),
        of_interface(words, COST, "ip ospf cost {value:number}", convert=whole),
        of_interface(words, NETWORK_TYPE, "ip ospf network {value}", absent=BROADCAST, where=speaks),
    )


def dotted(text: str) -> Value:
    """An area in its one form; words that are none as they are."""
    try:
        return area_id(text)
    except ValueError:
        return text


def speaks(section: Tree) -> bool:
    """Whether an interface says anything of OSPF."""
    return any(line.startswith(("ip ospf ", "ip router ospf ")) for line in section)
