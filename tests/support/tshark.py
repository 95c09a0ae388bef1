"""tshark as an outside decoder: what it says of each packet, in the form in which `cpal decode` says it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

OPTIONS = (
    "-d", "udp.port==8472,vxlan",
    "-o", "ip.try_heuristic_first:TRUE",
    "-o", "ipv6.try_heuristic_first:TRUE",
)  # fmt: skip
"""VXLAN on Linux's port too; STT, which is only found by its look."""
TRANSPORTS = ("udp", "tcp", "sctp")
QUOTING = ("icmp", "icmpv6")
"""Layers that quote headers of another packet."""


class Layer(NamedTuple):
    """A layer as tshark has it: its name, the first value of each of its fields, and options of Geneve apart."""

    name: str
    fields: dict[str, str]
    options: list[dict[str, Any]]


def layers(path: Path, options: Sequence[str] = OPTIONS) -> Iterator[list[Layer]]:
    """The layers of each packet of a capture, outermost first."""
    argv = ["tshark", "-n", "-r", str(path), "-T", "pdml", *options]
    told = subprocess.run(argv, capture_output=True, check=True).stdout
    for packet in ElementTree.fromstring(told).iter("packet"):
        yield [_layer(proto) for proto in packet.findall("proto")]


def _layer(proto: ElementTree.Element) -> Layer:
    fields: dict[str, str] = {}
    for field in proto.iter("field"):
        fields.setdefault(field.get("name", ""), field.get("show", ""))
    return Layer(proto.get("name", ""), fields, [_option(each) for each in proto.iter("field") if _is_option(each)])


def _is_option(field: ElementTree.Element) -> bool:
    return any(child.get("name") == "geneve.option.class" for child in field)


def _option(field: ElementTree.Element) -> dict[str, Any]:
    raw, end = b"", 0
    for child in field.iter("field"):
        start, value = int(child.get("pos", 0)), bytes.fromhex(child.get("unmaskedvalue") or child.get("value") or "")
        if value and start >= end:
            raw, end = raw + value, start + len(value)
    return {"class": raw[0] << 8 | raw[1], "type": raw[2], "data": raw[4:].hex()}


def told(packet: Sequence[Layer]) -> dict[str, Any]:
    """What layers say, in the form of `cpal decode` as far as that goes."""
    ends: list[dict[str, Any]] = []
    tunnels: list[dict[str, Any]] = []
    for layer in packet:
        if layer.name in QUOTING:
            break
        if f"{layer.name}.src" in layer.fields and layer.name in ("ip", "ipv6"):
            ends.append(_ends(layer))
        elif layer.name in TRANSPORTS and ends:
            ends[-1]["sport"] = int(layer.fields[f"{layer.name}.srcport"])
            ends[-1]["dport"] = int(layer.fields[f"{layer.name}.dstport"])
        elif (tunnel := _tunnel(layer)) is not None:
            if layer.name == "stt":
                ends[-1]["sport"] = int(layer.fields["stt.stream_id"], 0)
                ends[-1]["dport"] = int(layer.fields["stt.dport"])
            tunnels.append(tunnel)
    outer = ends[0] if ends else None
    return {"outer": outer, "tunnels": tunnels, "inner": ends[-1] if len(ends) > 1 else None}


def _ends(layer: Layer) -> dict[str, Any]:
    name, fields = layer.name, layer.fields
    following = [value for field, value in fields.items() if field == "ip.proto" or field.endswith(".nxt")]
    return {
        "src": fields[f"{name}.src"], "dst": fields[f"{name}.dst"], "sport": None, "dport": None,
        "proto": int(following[-1]),
    }  # fmt: skip


def _tunnel(layer: Layer) -> dict[str, Any] | None:
    fields = layer.fields
    if layer.name == "geneve" and "geneve.vni" in fields:
        return {"type": "geneve", "vni": int(fields["geneve.vni"], 0), "options": layer.options}
    if layer.name in ("vxlan", "vxlan_gpe") and "vxlan.vni" in fields:
        kind = "vxlan-gpe" if "vxlan.next_proto" in fields else "vxlan"
        return {"type": kind, "vni": int(fields["vxlan.vni"]), "options": []}
    if layer.name == "gre" and "gre.key" in fields and fields["gre.proto"] == "0x6558":
        return {"type": "nvgre", "vni": int(fields["gre.key"], 0) >> 8, "options": []}
    if layer.name == "stt" and "stt.context_id" in fields:
        return {"type": "stt", "vni": int(fields["stt.context_id"], 0) & 0xFFFFFF, "options": []}
    return None
