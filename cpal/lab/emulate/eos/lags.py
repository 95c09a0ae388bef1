"""`show port-channel` of EOS. Source: EOS user manual, "Port Channels and LACP"; public answers of eAPI."""

from __future__ import annotations

from typing import Any

from cpal.lab.emulate.bundles import ON, Bundle, bundles
from cpal.lab.emulate.device import Device
from cpal.lab.emulate.eos import state
from cpal.lab.emulate.eos.output import Shown


def lags(device: Device, _: tuple[str, ...]) -> Shown:
    """`show port-channel`: a port that is up bundles at once, as nobody speaks LACP with it."""
    found = list(bundles(state.interfaces(device)))
    data = {"portChannels": {each.interface.name: _told(each) for each in found}}
    return data, "".join(map(_text, found))


def _told(bundle: Bundle) -> dict[str, Any]:
    spoken = {"protocol": "static"} if bundle.mode == ON else {"protocol": "lacp", "lacpMode": bundle.mode}
    waiting = "link down" if bundle.mode == ON else "waiting for LACP response"
    return {
        "recircFeature": [], "fallbackState": "unconfigured", "minLinks": 0, "inactiveLag": False, "rxPorts": {},
        "activePorts": {each.name: {**spoken, "timeBecameActive": 0.0} for each in bundle.members if each.up},
        "inactivePorts": {
            each.name: {**spoken, "reasonUnconfigured": waiting} for each in bundle.members if not each.up
        },
    }  # fmt: skip


def _text(bundle: Bundle) -> str:
    active = " ".join(each.name for each in bundle.members if each.up)
    inactive = " ".join(each.name for each in bundle.members if not each.up)
    none = "" if active else "No "
    lines = [f"Port Channel {bundle.interface.name}:", f"  {none}Active Ports{': ' + active if active else ''}"]
    return "\n".join([*lines, *([f"  Configured, but inactive ports: {inactive}"] if inactive else []), ""])
