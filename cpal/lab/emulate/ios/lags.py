"""`show etherchannel summary` of IOS. Source: Cisco IOS LAN Switching Command Reference."""

from __future__ import annotations

from cpal.lab.emulate.bundles import ON, Bundle, bundles
from cpal.lab.emulate.device import Device
from cpal.lab.emulate.ios import state

HEAD = """Flags:  D - down        P - bundled in port-channel
        I - stand-alone s - suspended
        R - Layer3      S - Layer2
        U - in use      f - failed to allocate aggregator


Number of channel-groups in use: {count}
Number of aggregators:           {count}

Group  Port-channel  Protocol    Ports
------+-------------+-----------+-----------------------------------------------
"""


def lags(device: Device, _: tuple[str, ...]) -> str:
    """`show etherchannel summary`: a port that is up bundles at once, as nobody speaks LACP with it."""
    found = list(bundles(state.interfaces(device)))
    return HEAD.format(count=len(found)) + "".join(map(_line, found)) + "\n"


def _line(bundle: Bundle) -> str:
    flags = ("S" if bundle.interface.switchport else "R") + ("U" if bundle.interface.up else "D")
    name = f"Po{bundle.number}({flags})"
    protocol = "-" if bundle.mode == ON else "LACP"
    ports = "".join(f"Gi{each.name.removeprefix(each.PORT)}({'P' if each.up else 'D'}) " for each in bundle.members)
    return f"{bundle.number:<6} {name:<14}{protocol:>6}      {ports}\n"
