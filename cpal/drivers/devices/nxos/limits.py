"""What NX-OS cannot hold of what other makes can: the sentence why not, and the way out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Capability, Limit
from cpal.drivers.devices.fabric_limits import networks_at
from cpal.drivers.devices.nxos.settings import MANAGEMENT
from cpal.drivers.devices.switch_limits import SERVED_ONCE, refuse_second_server
from cpal.model.estate import Estate
from cpal.model.router import Router
from cpal.model.switch import Vrf
from cpal.model.target import Host, Target

_MANAGEMENT = f"NX-OS has the VRF {MANAGEMENT} by itself"
_MOST_OF_VRF_NAME = 32
"""Source: Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide, "Creating a VRF"."""
_LONG = f"NX-OS takes {_MOST_OF_VRF_NAME} characters"
_TRANSIT = "on NX-OS a router's VNI is that of a VLAN, which nothing else is in"


def _vrf(target: Target, record: Vrf) -> Iterator[Cannot]:
    if not {*record.devices} & target.endpoints.keys():
        return
    if record.name == MANAGEMENT:
        yield Cannot("name", _MANAGEMENT, "leave it out: routes and servers may name it all the same")
    if len(record.name) > _MOST_OF_VRF_NAME:
        yield Cannot("name", _LONG, "call it something shorter")


def _router(target: Target, record: Router, estate: Estate) -> Iterator[Cannot]:
    """The VLAN of a router's VNI is its own at every leaf."""
    for host in estate.all(Host):
        if host.target != target.name or host.name not in target.endpoints:
            continue
        taken = [f"VLAN {each.name}" for each in estate.find("vlan.device", host.name)
                 if each.vlan_id == record.fabric_vlan]  # fmt: skip
        taken += [f"network {each.name}" for each in networks_at(estate, host.name)
                  if each.switch_vlan == record.fabric_vlan]  # fmt: skip
        taken += [f"of interface {each.name}" for each in estate.find("interface.device", host.name)
                  if each.port == f"Vlan{record.fabric_vlan}"]  # fmt: skip
        if taken:
            why = f"VLAN {record.fabric_vlan} of {host.name} is {taken[0]} already: {_TRANSIT}"
            yield Cannot("fabric_vlan", why, "give one of them another number")


def of_nxos(base: Capability) -> Capability:
    """The capability of NX-OS, from what switches can hold."""
    return base._replace(
        refuse={**base.refuse, "vrf": _vrf},
        refuse_together={
            **base.refuse_together,
            "ntp_server": refuse_second_server,
            "syslog_server": refuse_second_server,
            "router": _router,
        },
        limits=(
            *base.limits,
            Limit("vrf", "name", _MANAGEMENT),
            Limit("vrf", "name", _LONG),
            *SERVED_ONCE,
            Limit("router", "fabric_vlan", _TRANSIT),
        ),
    )
