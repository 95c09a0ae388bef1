"""Ports.

Source: Networking API v2.0, ports; extensions binding, port-security, allowed-address-pairs, extra_dhcp_opt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import chain
from typing import Any

from msgspec.structs import replace

from cpal.core.allocate import mac_addresses
from cpal.core.complete import default_group, default_group_of
from cpal.core.complete_port import configures_itself
from cpal.faces.drawn_id import drawn_id
from cpal.faces.neutron.attribute import UNSET
from cpal.faces.neutron.binding_profile import TRUSTED, refuse_partial, shown_profile, told_profile
from cpal.faces.neutron.fault import NO_MATCHING_SUBNET, ApiFault, bad_request, conflict
from cpal.faces.neutron.floating_ports import (
    STATUS,
    FloatingIPPort,
    change_floating_port,
    implied_ports,
    kept_in,
)
from cpal.faces.neutron.qos_use import asked_policy, network_policy
from cpal.faces.neutron.resource import Dropped, LostMarker, Resource, Values, kept_tags, sent
from cpal.faces.neutron.routed import refuse_several_segments, refuse_unconnected, rehosted
from cpal.faces.neutron.scene import Scene, owner, owning, standard
from cpal.faces.neutron.tables import PORT
from cpal.faces.neutron.trunks import around, refuse_trunked, trunk_details
from cpal.faces.neutron.values import said
from cpal.faces.neutron.vif import hosts, plugged
from cpal.model.address import contains, eui64
from cpal.model.carrying import carrier, trunk_above
from cpal.model.claims import address_claim, mac_claim
from cpal.model.estate import Estate
from cpal.model.network import (
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    AddressPair,
    DhcpOption,
    FixedIP,
    Network,
    Port,
    Subnet,
)
from cpal.model.record import Record
from cpal.model.router import FloatingIP, Router
from cpal.model.security import SecurityGroup
from cpal.model.trunk import SUBPORT_OWNER, Trunk

ROUTER_OWNERS = (ROUTER_INTERFACE, ROUTER_GATEWAY)
DOMAIN = "openstacklocal."


def show_port(scene: Scene, port: Port) -> dict[str, Any]:
    """A port as the API shows it."""
    trunk = trunk_above(scene.estate, port.id)
    place = _place(scene.estate, port, trunk)
    host = "" if port.device_owner in ROUTER_OWNERS else place["binding:host_id"]
    vif_type, vif_details = plugged(scene.estate, host, port)
    return {
        "id": port.id,
        "name": port.name,
        "network_id": port.network_id,
        **owner(port),
        "mac_address": port.mac_address,
        "admin_state_up": port.admin_state_up,
        "status": _status(scene, port),
        "device_id": port.device_id,
        "fixed_ips": [{"subnet_id": fixed.subnet_id, "ip_address": fixed.ip_address} for fixed in port.fixed_ips or ()],
        "allowed_address_pairs": [
            {"ip_address": pair.ip_address, "mac_address": pair.mac_address or port.mac_address}
            for pair in port.allowed_address_pairs
        ],
        "extra_dhcp_opts": [
            {"opt_name": each.opt_name, "opt_value": each.opt_value, "ip_version": each.ip_version}
            for each in port.extra_dhcp_opts
        ],
        "security_groups": list(port.security_groups or ()),
        "port_security_enabled": bool(port.port_security_enabled),
        **place,
        "binding:vnic_type": port.vnic_type,
        "binding:profile": _profile(trunk, port),
        "trusted": port.trusted,
        "binding:vif_type": vif_type,
        "binding:vif_details": vif_details,
        "dns_name": port.dns_name,
        "dns_domain": port.dns_domain,
        "dns_assignment": _assignment(port),
        "qos_policy_id": port.qos_policy_id or None,
        "qos_network_policy_id": network_policy(scene.estate, port.network_id),
        "resource_request": None,
        "ip_allocation": "deferred" if port.is_deferred else "immediate" if port.fixed_ips else "none",
        **trunk_details(scene.estate, port),
        **standard(scene, port),
    }


def _status(scene: Scene, port: Port) -> str:
    status = scene.statuses.get(port.id)
    if status is not None and port.admin_state_up:
        return status.status
    return STATUS if isinstance(port, FloatingIPPort) else "DOWN"


def _place(estate: Estate, port: Port, trunk: Trunk | None) -> dict[str, str]:
    """In which role a port is where: a subport is where the port of its trunk is."""
    if trunk is None:
        return {"device_owner": port.device_owner, "binding:host_id": port.host_id}
    return {"device_owner": SUBPORT_OWNER, "binding:host_id": carrier(estate, port).host_id}


def _profile(trunk: Trunk | None, port: Port) -> dict[str, Any]:
    """What whoever serves a subport has to know of it, as Neutron says it."""
    told = shown_profile(port, port.binding_profile)
    if trunk is None:
        return told
    vlans = {subport.port_id: subport.segmentation_id for subport in trunk.sub_ports}
    return {**told, "parent_name": trunk.port_id, "tag": vlans[port.id]}


def _assignment(port: Port) -> list[dict[str, str]]:
    found = []
    for fixed in port.fixed_ips or ():
        name = port.dns_name or "host-" + fixed.ip_address.replace(".", "-").replace(":", "-")
        found.append({"ip_address": fixed.ip_address, "hostname": name, "fqdn": f"{name}.{DOMAIN}"})
    return found


def make_port(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new port."""
    network = scene.seen(Network, values["network_id"], "Network")
    project_id = values["project_id"]
    if values["mac_address"] is None:
        values = {**values, "mac_address": UNSET}
    port = Port(id=id, network_id=network.id, project_id=project_id, **_plain(values), **asked_policy(scene, values))
    if values["mac_address"] is not UNSET:
        holder = scene.estate.holder(mac_claim(network.id, values["mac_address"]))
        if holder is not None:
            raise conflict("MacAddressInUse", f"Unable to complete operation for network {network.id}. "
                           f"The mac address {values['mac_address']} is in use.")  # fmt: skip
    refuse_partial(port.vnic_type, port.binding_profile)
    port = replace(port, fixed_ips=_fixed_ips(scene, port, values["fixed_ips"]))
    if port.fixed_ips is None:
        refuse_unconnected(scene, port)
    port = _secured(scene, port, network, values)
    yield port
    yield from owning(scene, project_id)


def _plain(values: Values) -> dict[str, Any]:
    found = sent(values, "name", "description", "admin_state_up", "mac_address", "device_id", "device_owner")
    if values.get("tags"):
        found["tags"] = kept_tags("ports", values["tags"])
    found |= sent(values, "dns_name", "dns_domain", TRUSTED)
    if values.get("binding:host_id", UNSET) is not UNSET:
        found["host_id"] = values["binding:host_id"]
    if values.get("binding:vnic_type", UNSET) is not UNSET:
        found["vnic_type"] = values["binding:vnic_type"]
    if values.get("binding:profile", UNSET) is not UNSET:
        found["binding_profile"] = told_profile(values["binding:profile"])
    if values.get("allowed_address_pairs", UNSET) is not UNSET:
        found["allowed_address_pairs"] = _pairs(values["allowed_address_pairs"])
    if values.get("extra_dhcp_opts", UNSET) is not UNSET:
        found["extra_dhcp_opts"] = _options(values["extra_dhcp_opts"])
    return found


def _pairs(given: Sequence[dict[str, str]]) -> tuple[AddressPair, ...]:
    return tuple(dict.fromkeys(AddressPair(each["ip_address"], each.get("mac_address", "")) for each in given))


def _options(given: Sequence[dict[str, Any]]) -> tuple[DhcpOption, ...]:
    found: dict[tuple[str, int], DhcpOption] = {}
    for each in given:
        version = each.get("ip_version", 4)
        if each["opt_value"] is None:
            found.pop((each["opt_name"], version), None)
        else:
            found[each["opt_name"], version] = DhcpOption(each["opt_name"], each["opt_value"], version)
    return tuple(found.values())


def _fixed_ips(scene: Scene, port: Port, given: Any) -> tuple[FixedIP, ...] | None:
    """The fixed addresses asked for; None leaves the choice to allocation."""
    if given is UNSET:
        return None
    subnets = scene.estate.find("subnet.network", port.network_id)
    held = {fixed.subnet_id for fixed in port.fixed_ips or ()}
    among = [each for each in subnets if each.is_for(port.device_owner) or each.id in held]
    if subnets and not among and port.fixed_ips is None:
        message = f"network {port.network_id}, service type {said(port.device_owner)}"
        raise conflict(NO_MATCHING_SUBNET, f"No valid service subnet for the given device owner, {message}.")
    found = tuple(fixed_ip(scene, port, each, among) for each in given)
    if scene.estate.ids("subnet.routed", port.network_id):
        refuse_several_segments(scene, found)
        return found
    named = {fixed.subnet_id for fixed in found}
    return (*found, *(FixedIP(each.id) for each in subnets if makes_address(port, each) and each.id not in named))


def makes_address(port: Port, subnet: Subnet) -> bool:
    """Whether the port has an address of its own making in the subnet (SLAAC), whatever else it asks for."""
    return configures_itself(port, subnet) and subnet.is_for(port.device_owner)


def fixed_ip(scene: Scene, port: Port, given: Mapping[str, str], subnets: Sequence[Subnet]) -> FixedIP:
    """A fixed address that is asked for, of one of the subnets.

    Raises:
        ApiFault: it cannot be.
    """
    id, text = given.get("subnet_id"), given.get("ip_address")
    if id is None and text is None:
        raise bad_request(
            "Invalid input for operation: IP allocation requires subnet_id or ip_address.", "InvalidInput"
        )
    if id is not None:
        subnet = next((each for each in subnets if each.id == id), None)
        if subnet is None:
            scene.seen(Subnet, id, "Subnet")
            message = (
                f"Invalid input for operation: Failed to create port on network {port.network_id}, because "
                f"fixed_ips included invalid subnet {id}."
            )
            raise bad_request(message, "InvalidInput")
    else:
        subnet = next((each for each in subnets if ip_address(text or "") in ip_network(each.cidr)), None)
        if subnet is None:
            raise _outside_all(str(text))
    if text is None:
        return FixedIP(subnet.id)
    cidr = ip_network(subnet.cidr)
    if ip_address(text) not in cidr or _no_host_s(cidr, text):
        if id is None:
            raise _outside_all(text)
        raise bad_request(f"IP address {text} is not a valid IP for the specified subnet.", "InvalidIpForSubnet")
    if configures_itself(port, subnet) and (not port.mac_address or text != eui64(subnet.cidr, port.mac_address)):
        raise bad_request(f"IPv6 address {text} cannot be directly assigned to a port on subnet {subnet.id} as the "
                          "subnet is configured for automatic addresses", "AllocationOnAutoAddressSubnet")  # fmt: skip
    _refuse_taken(scene, port, subnet, text)
    return FixedIP(subnet.id, text)


def _outside_all(text: str) -> ApiFault:
    message = f"IP address {text} is not a valid IP for any of the subnets on the specified network."
    return bad_request(message, "InvalidIpForNetwork")


def _no_host_s(cidr: IPv4Network | IPv6Network, text: str) -> bool:
    """Whether it is the address of the network itself, or broadcast."""
    ends = (cidr.network_address, cidr.broadcast_address)
    return cidr.version == 4 and cidr.prefixlen < 31 and ip_address(text) in ends


def _refuse_taken(scene: Scene, port: Port, subnet: Subnet, text: str) -> None:
    holder = scene.estate.holder(address_claim(port.network_id, text))
    if holder not in (None, port.key):
        raise conflict("IpAddressAlreadyAllocated", f"IP address {text} already allocated in subnet {subnet.id}")


def _secured(scene: Scene, port: Port, network: Network, values: Values) -> Port:
    """The port with its security: by default as its network, in its project's default group."""
    enabled, groups = values.get("port_security_enabled", UNSET), values.get("security_groups", UNSET)
    trusted = port.device_owner.startswith("network:")
    if trusted:
        enabled = False
    elif enabled is UNSET:
        enabled = network.port_security_enabled
    if not enabled and ((groups is not UNSET and groups) or port.allowed_address_pairs):
        raise _no_security(bool(groups is not UNSET and groups))
    if groups is UNSET:
        groups = (_default_group(scene, port.project_id),) if enabled else ()
    else:
        groups = _groups(scene, groups)
    return replace(port, port_security_enabled=enabled, security_groups=groups)


def _groups(scene: Scene, ids: Sequence[str]) -> tuple[str, ...]:
    """The groups that a port is to be in, each once; all of them remember connections, or none does."""
    found = [scene.seen(SecurityGroup, id, "Security group") for id in dict.fromkeys(ids)]
    if len({group.stateful for group in found}) > 1:
        raise conflict("SecurityGroupConflict", "Error Cannot apply both stateful and stateless security groups on the "
                       "same port at the same time while attempting the operation.")  # fmt: skip
    return tuple(group.id for group in found)


def _default_group(scene: Scene, project_id: str) -> str:
    """The id of the project's default group, which is made with the port where it is not there."""
    return (default_group_of(scene.estate, project_id) or default_group(project_id)).id


_HELD = (
    "Port has security group associated. Cannot disable port security or IP address until security group is removed."
)


def _no_security(groups: bool) -> ApiFault:
    if groups:
        message = "Port security must be enabled and port must have an IP address in order to use security groups."
        return bad_request(message, "PortSecurityAndIPRequiredForSecurityGroups")
    message = "Port Security must be enabled in order to have allowed address pairs on a port."
    return conflict("AddressPairAndPortSecurityRequired", message)


def _another_mac(estate: Estate, port: Port) -> str:
    """A MAC address that nobody has on the port's network, drawn anew each time."""
    return next(mac for mac in mac_addresses(drawn_id()) if estate.holder(mac_claim(port.network_id, mac)) is None)


def change_port(scene: Scene, port: Port, values: Values) -> Iterator[Record]:
    """The records of a changed port; a MAC address that is None is another one."""
    if isinstance(port, FloatingIPPort):
        yield change_floating_port(scene.estate, port, show_port(scene, port), values)
        return
    if values.get("mac_address", UNSET) is None:
        values = {**values, "mac_address": _another_mac(scene.estate, port)}
    _refuse_displaced(scene.estate, port, values)
    policy = asked_policy(scene, values, port.qos_policy_id)
    changed = replace(port, **_plain({**values, "extra_dhcp_opts": UNSET}), **policy)
    _refuse_exchanged(port, changed)
    refuse_partial(changed.vnic_type, changed.binding_profile)
    if "extra_dhcp_opts" in values:
        kept = [
            {"opt_name": o.opt_name, "opt_value": o.opt_value, "ip_version": o.ip_version} for o in port.extra_dhcp_opts
        ]
        changed = replace(changed, extra_dhcp_opts=_options([*kept, *values["extra_dhcp_opts"]]))
    if "fixed_ips" in values:
        changed = replace(changed, fixed_ips=_fixed_ips(scene, changed, values["fixed_ips"]))
        _refuse_unaddressed(scene.estate, changed)
    if values.get("mac_address", port.mac_address) != port.mac_address:
        if port.host_id and port.device_owner.startswith("compute:"):
            raise conflict("PortBound", f"Unable to complete operation on port {port.id}, port is already bound.")
        holder = scene.estate.holder(mac_claim(port.network_id, changed.mac_address))
        if holder is not None:
            raise conflict("MacAddressInUse", f"Unable to complete operation for network {port.network_id}. "
                           f"The mac address {changed.mac_address} is in use.")  # fmt: skip
        changed = replace(changed, fixed_ips=_made_anew(scene.estate, changed))
    changed = rehosted(scene, port, changed, "fixed_ips" in values)
    if changed.bindings:
        others = tuple(binding for binding in changed.bindings if binding.host != changed.host_id)
        changed = replace(changed, bindings=others)
    yield _resecured(scene, changed, values)


def _refuse_exchanged(port: Port, changed: Port) -> None:
    """Refuse another type of interface for a port that is at a host."""
    if changed.vnic_type != port.vnic_type and port.host_id:
        raise conflict("PortInUse", f"Unable to complete operation on port {port.id} for network {port.network_id}. "
                       f"Port already has an attached device {port.device_id}.")  # fmt: skip


def _made_anew(estate: Estate, port: Port) -> tuple[FixedIP, ...] | None:
    """The addresses of a port that has another MAC address: those that it makes of that are others."""
    subnets = {fixed.subnet_id: estate.get(Subnet, fixed.subnet_id) for fixed in port.fixed_ips or ()}
    own = {id for id, subnet in subnets.items() if subnet is not None and configures_itself(port, subnet)}
    return port.fixed_ips and tuple(
        FixedIP(fixed.subnet_id) if fixed.subnet_id in own else fixed for fixed in port.fixed_ips
    )


def _refuse_unaddressed(estate: Estate, port: Port) -> None:
    """Refuse to take the address away that a floating IP leads to; one that is left open in its subnet stays."""
    floating: list[FloatingIP] = estate.find("floating_ip.port", port.id)
    for each in floating:
        subnets = (fixed.subnet_id for fixed in port.fixed_ips or () if not fixed.ip_address)
        open_to = [subnet.cidr for id in subnets if (subnet := estate.get(Subnet, id)) is not None]
        held = {fixed.ip_address for fixed in port.fixed_ips or ()}
        if each.fixed_ip_address not in held and not any(contains(cidr, each.fixed_ip_address) for cidr in open_to):
            why = "because its original fixed_ip has been associated to a floating ip"
            raise bad_request(
                f"Bad port request: Cannot update the fixed_ips of the port {port.id}, {why}.", "BadRequest"
            )


def _refuse_displaced(estate: Estate, port: Port, values: Values) -> None:
    """Refuse to give a subport a role or a host of its own."""
    trunk = trunk_above(estate, port.id)
    if trunk is None:
        return
    now = {"device_id": port.device_id, **_place(estate, port, trunk)}
    if any(values.get(name, now[name]) != now[name] for name in now):
        refuse_trunked(estate, port)


def _resecured(scene: Scene, port: Port, values: Values) -> Port:
    enabled = values.get("port_security_enabled", port.port_security_enabled)
    groups = port.security_groups or ()
    if "security_groups" in values:
        groups = _groups(scene, values["security_groups"])
    if not enabled and groups:
        raise _no_security(True) if "security_groups" in values else conflict("PortSecurityPortHasSecurityGroup", _HELD)
    if not enabled and port.allowed_address_pairs:
        raise _no_security(False)
    return replace(port, port_security_enabled=enabled, security_groups=groups)


def _freed(floating: FloatingIP) -> FloatingIP:
    return replace(floating, port_id="", fixed_ip_address="", router_id="")


def drop_port(scene: Scene, port: Port) -> Dropped:
    """The port, unless a router or floating IP has it, with forwardings and logs. Floating IPs to it lose it."""
    of_router = port.device_owner in ROUTER_OWNERS and scene.estate.get(Router, port.device_id) is not None
    if of_router or isinstance(port, FloatingIPPort):
        raise conflict("ServicePortInUse", f"Port {port.id} cannot be deleted directly via the port API: "
                       f"has device owner {port.device_owner}.")  # fmt: skip
    refuse_trunked(scene.estate, port)
    found: list[FloatingIP] = scene.estate.find("floating_ip.port", port.id)
    parts = (scene.estate.find(index, port.id) for index in ("port_forwarding.port", "log.port"))
    return Dropped((port, *chain.from_iterable(parts)), [_freed(floating) for floating in found])


def left_by_port(scene: Scene, port: Port, values: Values) -> Iterator[Record]:
    """The port forwardings that go when a port has their address no longer."""
    given = values.get("fixed_ips", UNSET)
    if given is UNSET or isinstance(port, FloatingIPPort):
        return
    changed = replace(port, **sent(values, "device_owner"))
    kept = {fixed.ip_address for fixed in _fixed_ips(scene, changed, given) or ()}
    for forwarding in scene.estate.find("port_forwarding.port", port.id):
        if forwarding.internal_ip_address not in kept:
            yield forwarding


_WAYS = ("ip_address", "ip_address_substr", "subnet_id")
"""By what of their fixed addresses ports are found."""


def by_fixed_ip(shown: dict[str, Any], asked: list[str]) -> bool:
    """Whether a port has one of what is asked of its fixed addresses for each key that there is."""
    return all(any(_has(fixed, key, value) for fixed in shown["fixed_ips"] for value in values)
               for key, values in _ways(asked).items() if key in _WAYS)  # fmt: skip


def addressed(asked: list[str]) -> Callable[[Port], bool]:
    """Whether a port's record has the address and is in the subnet that are asked for, if they are."""
    ways = _ways(asked)
    addresses, subnets = ways.get("ip_address", []), ways.get("subnet_id", [])
    return lambda port: (
        (not addresses or any(fixed.ip_address in addresses for fixed in port.fixed_ips or ()))
        and (not subnets or any(fixed.subnet_id in subnets for fixed in port.fixed_ips or ()))
    )


def _ways(asked: list[str]) -> dict[str, list[str]]:
    ways: dict[str, list[str]] = {}
    for each in asked:
        key, separator, value = each.partition("=")
        if not separator:
            raise bad_request(f"Invalid input for operation: '{said(each)}' is not of the form <key>=[value].",
                              "InvalidInput")  # fmt: skip
        ways.setdefault(key, []).append(value)
    return ways


def _has(fixed: dict[str, str], key: str, value: str) -> bool:
    if key == "ip_address_substr":
        return value in fixed["ip_address"]
    return fixed.get(key) == value


def by_group(shown: dict[str, Any], asked: list[str]) -> bool:
    """Whether a port is in one of the groups."""
    return any(id in shown["security_groups"] for id in asked)


def _kept(estate: Estate, port: Port) -> Record:
    return kept_in(estate, port) if isinstance(port, FloatingIPPort) else port


PORTS = Resource(
    "port", "ports", "Port", Port, PORT, show_port, make_port, change_port, drop_port,
    filters={"fixed_ips": by_fixed_ip, "security_groups": by_group}, sieves={"fixed_ips": addressed},
    alone=True, left=left_by_port, lost_marker=LostMarker.MISSING,
    beside=("network_id", Network, lambda network: network.qos_policy_id),
    around=around, everywhere=hosts, implied=implied_ports, kept=_kept,
)  # fmt: skip
