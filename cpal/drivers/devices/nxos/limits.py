"""What NX-OS cannot hold of what other makes can: the sentence why not, and the way out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Capability, Limit
from cpal.drivers.devices.fabric_limits import networks_at
from cpal.drivers.devices.overlap_limits import OVERLAP, refuse_overlap
from cpal.drivers.devices.parse.tree import spans
from cpal.drivers.devices.server_limits import SERVED_ONCE, refuse_second_server
from cpal.drivers.devices.switch_limits import both
from cpal.model.estate import Estate
from cpal.model.network import Network
from cpal.model.router import Router
from cpal.model.switch import Interface, Vlan
from cpal.model.target import Host, Target

_TRANSIT = "on NX-OS a router's VNI is that of a VLAN, which nothing else is in"
_RESERVED = range(3968, 4094 + 1)
"""Source: Cisco Nexus 9000 Series NX-OS Layer 2 Switching Configuration Guide, "Configuring VLANs", VLAN ranges."""
_KEPT = f"NX-OS keeps the VLANs {_RESERVED.start}-{_RESERVED[-1]} for itself (`system vlan reserve`)"
_OF_VLANS = (
    ("vlan", "vlan_id"), ("interface", "vlan"), ("interface", "vlans"), ("interface", "networks"),
    ("router", "fabric_vlan"), ("network", "fabric_vlan"),
)  # fmt: skip
_OTHER = "choose another number"


def _vlan(target: Target, record: Vlan) -> Iterator[Cannot]:
    if {*record.devices} & target.endpoints.keys() and record.vlan_id in _RESERVED:
        yield Cannot("vlan_id", f"{record.vlan_id}: {_KEPT}", _OTHER)


def _interface(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
    """The VLANs of a port; a list of a trunk that goes on over all of those that NX-OS keeps names none of them."""
    if record.device not in target.endpoints:
        return
    if record.vlan in _RESERVED:
        yield Cannot("vlan", f"{record.vlan}: {_KEPT}", _OTHER)
    kept = [each for each in record.vlans if each in _RESERVED]
    if kept and len({*kept}) < len(_RESERVED):
        yield Cannot("vlans", f"{spans(tuple(kept))}: {_KEPT}", "leave these out")
    for network in (estate.get(Network, id) for id in record.networks):
        if network is not None and network.switch_vlan in _RESERVED:
            yield Cannot("networks", f"{network.name} is VLAN {network.switch_vlan}: {_KEPT}", _OTHER)


def _network(target: Target, record: Network, estate: Estate) -> Iterator[Cannot]:
    """The VLAN of a network at a leaf."""
    leaves = [each.name for each in estate.all(Host)] if record.switch_vlan in _RESERVED else []
    for leaf in leaves:
        if leaf in target.endpoints and any(each.id == record.id for each in networks_at(estate, leaf)):
            field = "fabric_vlan" if record.fabric_vlan else "segmentation_id"
            yield Cannot(field, f"{record.switch_vlan}: {_KEPT}", _OTHER)
            return


def _router(target: Target, record: Router, estate: Estate) -> Iterator[Cannot]:
    """The VLAN of a router's VNI is its own at every leaf."""
    if record.fabric_vlan in _RESERVED:
        yield Cannot("fabric_vlan", f"{record.fabric_vlan}: {_KEPT}", _OTHER)
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
        refuse={**base.refuse, "vlan": both(base.refuse["vlan"], _vlan)},
        refuse_together={
            **base.refuse_together,
            "ntp_server": refuse_second_server,
            "syslog_server": refuse_second_server,
            "router": _router,
            "network": both(base.refuse_together["network"], _network),
            "interface": both(both(base.refuse_together["interface"], _interface), refuse_overlap),
        },
        limits=(
            *base.limits,
            *SERVED_ONCE,
            OVERLAP,
            Limit("router", "fabric_vlan", _TRANSIT),
            *(Limit(kind, field, _KEPT) for kind, field in _OF_VLANS),
        ),
    )
