"""How FRR writes OSPF, which numbers no process: rows have it as the first. Pure.

In the tree it has that number, so that it is a section as of other makes; FRR is told without (`configuration.told`).
What is said of an interface stands there, with the VRF that it is in, where that is a network namespace.

Source: FRR user manual, "OSPFv2", the commands of `router ospf` and of interfaces; FRR, lib/if.c, `if_config_write`.
"""

from __future__ import annotations

from typing import Any

from cpal.drivers.devices import ospf_lines
from cpal.drivers.devices.frr.configuration import OSPFD
from cpal.drivers.devices.render_ospf import AREA, COST, NETWORK_TYPE, OSPF, OSPF_IN_VRF, PASSIVE, Manner
from cpal.drivers.devices.settings import OfTwo, Setting, whole
from cpal.drivers.devices.words import OspfWords
from cpal.model.ospf import BROADCAST

WORDS = OspfWords(most_paths=None, numbers_once=False)
"""How far it goes."""
MANNER = Manner(names_vrf=True, tells_passive=True)
"""Where FRR says what."""
_SECTIONS = {OSPF: f"{OSPFD} / router ospf {{0:number}}", OSPF_IN_VRF: f"{OSPFD} / router ospf {{0:number}} vrf {{1}}"}
_INTERFACES = (f"{OSPFD} / interface {{0}}", f"{OSPFD} / interface {{0}} vrf {{1}}")
OF_INTERFACES = (AREA, COST, NETWORK_TYPE, PASSIVE)
"""The tables of what is said at an interface."""


def _at_interface(table: str, line: str = "", **how: Any) -> Setting:
    """A setting of an interface, in the default VRF or in the network namespace that a VRF is."""
    plain, inside = (Setting(table, section, line, **how) for section in _INTERFACES)
    return OfTwo(plain, inside, lambda parts: len(parts) > 1)


SETTINGS = (
    *(
        setting
        for table in _SECTIONS
        for setting in ospf_lines.process(table, _SECTIONS, router_id="ospf router-id {value}")
    ),
    _at_interface(AREA, "ip ospf area {value}", convert=ospf_lines.dotted),
    _at_interface(COST, "ip ospf cost {value:number}", convert=whole),
    _at_interface(NETWORK_TYPE, "ip ospf network {value}", absent=BROADCAST, where=ospf_lines.speaks),
    _at_interface(PASSIVE, choices={True: "ip ospf passive", False: "no ip ospf passive"}),
)
"""How FRR writes each setting of OSPF."""
