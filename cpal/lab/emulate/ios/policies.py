"""`show policy-map interface` of IOS, from the policies that interfaces have; what is never sent is never counted.

Source: Cisco IOS Quality of Service Solutions Command Reference, `show policy-map interface`.
"""

from __future__ import annotations

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.ios import state
from cpal.lab.emulate.tree import Node

REST = "class-default"


def policies(device: Device, words: tuple[str, ...]) -> str:
    """What policies do at interfaces, or at the one that is named."""
    told = ""
    for each in state.interfaces(device):
        asked = [node.words[1:] for node in each.section.each("service-policy")]
        if asked and (not words or words[0] == each.name):
            told += f" {each.name} \n"
            told += "".join(f"\n  Service-policy {way}: {name}\n\n{_classes(device, name)}" for way, name in asked)
    return told


def _classes(device: Device, policy: str) -> str:
    found = device.running.find("policy-map", policy)
    named = {node.words[1]: node for node in (found.each("class") if found else ())}
    rest = named.pop(REST, None)
    return "".join(_class(device, name, node) for name, node in [*named.items(), (REST, rest)])


def _class(device: Device, name: str, node: Node | None) -> str:
    mode, matches = "match-any", ["any"]
    for each in device.running.each("class-map"):
        if each.words[-1] == name:
            mode, matches = each.words[1], [" ".join(match.words[1:]) for match in each.each("match")]
    sets = "".join(f"        {' '.join(each.words[1:])}\n          Packets marked 0\n"
                   for each in (node.each("set") if node else ()))  # fmt: skip
    return (
        f"    Class-map: {name} ({mode})  \n      0 packets, 0 bytes\n"
        "      5 minute offered rate 0000 bps, drop rate 0000 bps\n"
        + "".join(f"      Match: {match}\n" for match in matches)
        + (f"      QoS Set\n{sets}" if sets else "")
        + "\n"
    )
