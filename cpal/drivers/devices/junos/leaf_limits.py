"""What a leaf that runs Junos cannot hold, beyond what no leaf can (`fabric_limits`): the sentences why not. Pure.

Source: Junos OS EVPN User Guide, "MAC-VRF Routing Instance Type Overview"; netlab refuses the same trunks.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Limit
from cpal.drivers.devices.fabric_limits import networks_at
from cpal.model.estate import Estate
from cpal.model.network import Network
from cpal.model.switch import ACCESS, TRUNK, Interface
from cpal.model.target import Host, Target

_TRUNK = "each network of a leaf is an EVPN instance of its own, and Junos has a port in one instance"
_BY_NAME = "the VLAN of a network is in an instance, in which a port is by its networks"
_DOWN = "Junos has no VLAN that is suspended"


def refuse_interface(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
    """A port of a leaf is in one network."""
    if not _is_leaf(target, estate, record.device):
        return
    if record.mode == TRUNK and record.networks:
        yield Cannot("networks", _TRUNK, "make it an access port, or write vlans that the switch has by itself")
    tunnelled = {network.switch_vlan: network.name for network in networks_at(estate, record.device)}
    if record.mode == ACCESS and record.vlan in tunnelled:
        yield Cannot("vlan", f"{record.vlan} is network {tunnelled[record.vlan]}: {_BY_NAME}", "write networks instead")
    if record.mode != TRUNK or record.networks:
        return
    for number in (*record.vlans, record.vlan):
        if number in tunnelled:
            yield Cannot("vlans", f"{number} is network {tunnelled[number]}: {_TRUNK}", "leave it out")
    if not record.vlans and tunnelled:
        why = f"a trunk of all VLANs would have none that is tunnelled: {_TRUNK}"
        yield Cannot("vlans", why, "name the VLANs that the switch has by itself")


def refuse_network(target: Target, record: Network, estate: Estate) -> Iterator[Cannot]:
    """A VLAN is up."""
    for host in estate.all(Host) if not record.admin_state_up else ():
        if _is_leaf(target, estate, host.name) and record in networks_at(estate, host.name):
            yield Cannot("admin_state_up", f"{host.name}: {_DOWN}", "leave it out, or take its interfaces away")
            return


def _is_leaf(target: Target, estate: Estate, device: str) -> bool:
    hosts: list[Host] = estate.find("host.name", device)
    return device in target.endpoints and any(host.target == target.name for host in hosts)


LIMITS = (
    Limit("interface", "networks", f"one at a leaf: {_TRUNK}"),
    Limit("interface", "vlan", f"not a network's at a leaf: {_BY_NAME}"),
    Limit("interface", "vlans", f"at a leaf that has networks, named, and none of theirs: {_TRUNK}"),
    Limit("network", "admin_state_up", _DOWN),
)
"""For `Capability.limits`."""
