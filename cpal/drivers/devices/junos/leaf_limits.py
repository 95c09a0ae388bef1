"""What a leaf that runs Junos cannot hold, beyond what no leaf can (`fabric_limits`): the sentences why not. Pure.

Source: Junos OS EVPN User Guide, "MAC-VRF Routing Instance Type Overview"; `tagged` says what a trunk is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Limit
from cpal.drivers.devices.fabric_limits import networks_at
from cpal.drivers.devices.junos.tagged import MOST_MTU
from cpal.model.estate import Estate
from cpal.model.network import Network
from cpal.model.switch import TRUNK, Interface
from cpal.model.target import Host, Target

_TRUNK = "a trunk that carries networks has a unit for each of its VLANs, so that they are named"
_OCTETS = f"a trunk that carries networks takes at most {MOST_MTU} bytes: two tags are counted as well"
_DOWN = "Junos has no VLAN that is suspended"


def refuse_interface(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
    """What a trunk is where some of its VLANs are tunnelled."""
    if record.mode != TRUNK or not _is_leaf(target, estate, record.device):
        return
    tunnelled = {network.switch_vlan for network in networks_at(estate, record.device)}
    if tunnelled and not record.vlans and not record.networks:
        why = f"a trunk of all VLANs would have none that is tunnelled: {_TRUNK}"
        yield Cannot("vlans", why, "name its VLANs, or write networks")
    if record.mtu > MOST_MTU and (record.networks or tunnelled & {*record.vlans}):
        yield Cannot("mtu", _OCTETS, "write a lesser one")


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
    Limit("interface", "vlans", f"named at a leaf that has networks: {_TRUNK}"),
    Limit("interface", "mtu", _OCTETS),
    Limit("network", "admin_state_up", _DOWN),
)
"""For `Capability.limits`."""
