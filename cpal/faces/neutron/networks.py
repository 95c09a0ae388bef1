"""Networks and subnets. Source: Networking API v2.0, networks, subnets; extensions provider, external-net, net-mtu."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from msgspec.structs import replace

from cpal.core.allocate import default_gateway
from cpal.core.complete_port import configures_itself
from cpal.faces.neutron.address_scopes import scopes_of
from cpal.faces.neutron.attribute import UNSET
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict, inconvertible
from cpal.faces.neutron.pool_subnets import allocated, asked_pool, refuse_other_pool
from cpal.faces.neutron.ports import makes_address
from cpal.faces.neutron.qos_use import asked_policy, default_policy
from cpal.faces.neutron.rbac import for_everyone, needing, own_policies
from cpal.faces.neutron.resource import Dropped, LostMarker, Resource, Values, sent
from cpal.faces.neutron.routed import moved_subnet, placed_subnet, segment_of_subnet
from cpal.faces.neutron.scene import Scene, owner, owning, standard
from cpal.faces.neutron.segments import asked_segment, asked_segments, shown_segments
from cpal.faces.neutron.subnet_plan import refuse_pools, refuse_unfit, refuse_unlike_modes
from cpal.faces.neutron.tables import NETWORK, SUBNET
from cpal.faces.neutron.values import said
from cpal.model.address import version_of
from cpal.model.claims import default_claim
from cpal.model.estate import Estate
from cpal.model.network import (
    OVERLAY_TYPES,
    ROUTER_GATEWAY,
    ZONE,
    AllocationPool,
    FixedIP,
    HostRoute,
    Network,
    Port,
    Segment,
    Subnet,
)
from cpal.model.rbac import SHARED
from cpal.model.record import Record
from cpal.model.router import FloatingIP
from cpal.model.sharing import is_shared
from cpal.model.target import Target

GENEVE = "geneve"
"""The type of a network of which nothing else is said."""
MIN_MTU = {4: 68, 6: 1280}
"""What a network's MTU has to be at least, in bytes, for its subnets of a version of IP."""
_SAME = (
    "availability_zone_hints",
    "name",
    "description",
    "admin_state_up",
    "shared",
    "port_security_enabled",
    "dns_domain",
    "mtu",
    "tags",
)


def show_network(scene: Scene, network: Network) -> dict[str, Any]:
    """A network as the API shows it."""
    scopes = scopes_of(scene.estate, network.id)
    return {
        "id": network.id,
        "name": network.name,
        **owner(network),
        "admin_state_up": network.admin_state_up,
        "status": "ACTIVE",
        "subnets": sorted(scene.estate.ids("subnet.network", network.id)),
        "shared": is_shared(scene.estate, network, scene.context.project_id),
        "router:external": network.external,
        **({"is_default": network.is_default} if network.external else {}),
        "mtu": network.mtu,
        "port_security_enabled": network.port_security_enabled,
        "dns_domain": network.dns_domain,
        "vlan_transparent": network.vlan_transparent,
        **shown_segments(network),
        "availability_zone_hints": list(network.availability_zone_hints),
        "availability_zones": [ZONE] if scene.estate.ids("subnet.network", network.id) else [],
        "ipv4_address_scope": scopes.get(4),
        "ipv6_address_scope": scopes.get(6),
        "l2_adjacency": not scene.estate.ids("subnet.routed", network.id),
        "qos_policy_id": network.qos_policy_id or None,
        **standard(scene, network),
    }


def make_network(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new network."""
    refuse_zones(values)
    first, *more = _segments(scene.estate, values)
    if first.network_type == "vlan" and not first.physical_network:
        _refuse_without_vlans(scene.estate)
    if first.network_type == "flat" and values["vlan_transparent"]:
        raise bad_request("Backend does not support VLAN Transparency.", "VlanTransparencyDriverError")
    if values["mtu"] is not UNSET:
        _refuse_large(scene.estate, first.network_type or GENEVE, values["mtu"])
    external = values["router:external"]
    yield Network(
        id=id,
        project_id=values["project_id"],
        external=external,
        is_default=external and _may_be_default(scene, values, id),
        network_type=first.network_type,
        physical_network=first.physical_network,
        segmentation_id=first.segmentation_id,
        more_segments=tuple(more),
        qos_policy_id=asked_policy(scene, values)["qos_policy_id"]
        or default_policy(scene.estate, values["project_id"]),
        **sent(values, *_SAME, "vlan_transparent"),
    )
    yield from owning(scene, values["project_id"])


def _refuse_without_vlans(estate: Estate) -> None:
    """Refuse to choose a physical network and a VLAN there where no target says which may be chosen.

    Raises:
        ApiFault: none does.
    """
    if not any(target.vlan_ranges for target in estate.all(Target)):
        raise ApiFault(503, "NoNetworkAvailable", "Unable to create the network. No available network found in maximum "
                       "allowed attempts.")  # fmt: skip


def refuse_zones(values: Values) -> None:
    """Refuse availability zones that there are not.

    Raises:
        ApiFault: naming one.
    """
    for zone in values.get("availability_zone_hints", ()):
        if zone != ZONE:
            raise ApiFault(404, "AvailabilityZoneNotFound", f"AvailabilityZone {said(zone)} could not be found.")


def default_network(scene: Scene) -> Network | None:
    """The external network for those who name none."""
    holder = scene.estate.holder(default_claim("external network"))
    return scene.estate.get(Network, holder.id) if holder else None


def _may_be_default(scene: Scene, values: Values, id: str) -> bool:
    """Whether a network is to be the default of the external ones.

    Raises:
        ApiFault: another one is.
    """
    other = default_network(scene) if values["is_default"] else None
    if other is not None and other.id != id:
        raise conflict("DefaultExternalNetworkExists", f"A default external network already exists: {other.id}.")
    return bool(values["is_default"])


def _segments(estate: Estate, values: Values) -> list[Segment]:
    """The segments asked for, the first one first; one of which nothing is said leaves the choice to the deployment."""
    given = {name: values[name] for name in _PROVIDED if values[name] is not UNSET}
    if values["segments"] is UNSET or not (values["segments"] or given):
        return [asked_segment(estate, *(given.get(name) for name in _PROVIDED)) if given else Segment("")]
    if given:
        raise bad_request("Segments and provider values cannot both be set.", "SegmentsSetInConjunctionWithProviders")
    return asked_segments(estate, values["segments"])


_PROVIDED = ("provider:network_type", "provider:physical_network", "provider:segmentation_id")


def change_network(scene: Scene, network: Network, values: Values) -> Iterator[Record]:
    """The records of a changed network."""
    fields = sent(values, *_SAME) | _other_vlan(scene.estate, network, values)
    if "mtu" in fields:
        _refuse_small(network.id, fields["mtu"], scene.estate.find("subnet.network", network.id))
        _refuse_large(scene.estate, network.network_type, fields["mtu"])
    if not values.get("shared", True):
        _refuse_unsharing(scene, network)
    elif for_everyone(scene.estate, network, SHARED):
        fields["shared"] = network.shared
    if "router:external" in values:
        fields["external"] = values["router:external"]
        if network.external and not fields["external"] and scene.estate.ids("router.gateway", network.id):
            raise conflict("ExternalNetworkInUse", f"External network {network.id} cannot be updated to be made "
                           "non-external, since it has existing gateway ports.")  # fmt: skip
    if "is_default" in values:
        fields["is_default"] = _may_be_default(scene, values, network.id)
    changed = replace(network, **fields, **asked_policy(scene, values, network.qos_policy_id))
    yield changed if changed.external else replace(changed, is_default=False)


def _other_vlan(estate: Estate, network: Network, values: Values) -> dict[str, Any]:
    """What says that the network is in another VLAN, where it is to be: of where it is, nothing else can change."""
    now = shown_segments(network)
    other = {name for name in (*_PROVIDED, "segments") if name in values and _normal(values[name]) != now.get(name)}
    if other - {"provider:segmentation_id"} or (other and network.more_segments):
        raise inconvertible("Plugin does not support updating the following provider network attributes: "
                            "provider:network_type, provider:physical_network.")  # fmt: skip
    if not other:
        return {}
    if network.network_type != "vlan":
        raise inconvertible("Only VLAN type networks can be updated..")
    segment = asked_segment(estate, "vlan", network.physical_network, values["provider:segmentation_id"])
    return {"segmentation_id": segment.segmentation_id}


def _refuse_small(network_id: str, mtu: int, subnets: Iterable[Subnet]) -> None:
    """Refuse an MTU that IP does not go with; 0 leaves the choice to the deployment."""
    least = max((MIN_MTU[subnet.ip_version] for subnet in subnets), default=0)
    if 0 < mtu < least:
        message = f"MTU of {network_id} is not valid, subnet requires a minimum of {least}"
        raise conflict("NetworkMTUSubnetConflict", message)


def _refuse_large(estate: Estate, network_type: str, mtu: int) -> None:
    """Refuse an MTU that no tunnel of the network's type carries."""
    limits = [target.overlay_mtu(network_type) for target in estate.all(Target)]
    if network_type in OVERLAY_TYPES and limits and mtu > max(limits):
        raise inconvertible(f"Requested MTU is too big, maximum is {max(limits)}.")


def _normal(value: Any) -> Any:
    """An attribute of segments that is sent, as it is shown."""
    return list(value) or None if isinstance(value, tuple) else value or None


def _refuse_unsharing(scene: Scene, network: Network) -> None:
    """Refuse where a project that no other policy names has ports there."""
    for policy in (*own_policies(scene.estate, network), *for_everyone(scene.estate, network, SHARED)):
        if policy.action == SHARED and needing(scene.estate, network, policy):
            message = (
                f"Unable to reconfigure sharing settings for network {network.name}. Multiple projects are using it."
            )
            raise conflict("InvalidSharedSetting", message)


def left_by_network(scene: Scene, network: Network, values: Values) -> Iterator[Record]:
    """The policies that go when a network is shared, or external, no longer."""
    if not values.get("shared", True):
        yield from for_everyone(scene.estate, network, SHARED)
    if not values.get("router:external", True):
        yield from scene.estate.find("rbac_policy.external", network.id)


def drop_network(scene: Scene, network: Network) -> Dropped:
    """The network with its subnets and with floating IPs that lead nowhere, if no port is left on it."""
    estate = scene.estate
    floating: list[FloatingIP] = estate.find("floating_ip.network", network.id)
    ports = sorted(estate.ids("port.network", network.id))
    if ports or any(each.port_id or _forwards(estate, each) for each in floating):
        told = f", id for these ports is: {','.join(ports)}" if ports else ""
        message = (
            f"Unable to complete operation on network {network.id}. "
            f"There are one or more ports still in use on the network{told}."
        )
        raise conflict("NetworkInUse", message)
    return Dropped((network, *floating, *estate.find("subnet.network", network.id)))


def _forwards(estate: Estate, floating: FloatingIP) -> bool:
    return bool(estate.ids("port_forwarding.floating_ip", floating.id))


def show_subnet(scene: Scene, subnet: Subnet) -> dict[str, Any]:
    """A subnet as the API shows it."""
    network = scene.estate.get(Network, subnet.network_id)
    return {
        "id": subnet.id,
        "name": subnet.name,
        **owner(subnet),
        "network_id": subnet.network_id,
        "ip_version": subnet.ip_version,
        "subnetpool_id": subnet.subnetpool_id or None,
        "enable_dhcp": subnet.enable_dhcp,
        "ipv6_ra_mode": subnet.ipv6_ra_mode or None,
        "ipv6_address_mode": subnet.ipv6_address_mode or None,
        "gateway_ip": subnet.gateway_ip,
        "cidr": subnet.cidr,
        "allocation_pools": [{"start": pool.start, "end": pool.end} for pool in subnet.allocation_pools or ()],
        "host_routes": [{"destination": route.destination, "nexthop": route.nexthop} for route in subnet.host_routes],
        "dns_nameservers": list(subnet.dns_nameservers),
        "service_types": list(subnet.service_types),
        "segment_id": segment_of_subnet(network, subnet),
        "router:external": network is not None and network.external,
        "shared": network is not None and is_shared(scene.estate, network, scene.context.project_id),
        **standard(scene, subnet),
    }


def make_subnet(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new subnet."""
    network = scene.seen(Network, values["network_id"], "Network")
    version, cidr = values["ip_version"], values["cidr"]
    pool = asked_pool(scene, values)
    if pool is None and cidr in (UNSET, None):
        raise bad_request("Bad subnets request: a subnetpool must be specified in the absence of a cidr.", "BadRequest")
    if pool is not None:
        cidr = allocated(scene, pool, values)
    if ip_network(cidr).version != version:
        raise inconvertible(f"cidr '{cidr}' does not match the ip_version '{version}'.")
    if version == 4 and (values["ipv6_ra_mode"] or values["ipv6_address_mode"]):
        mode = "ipv6_ra_mode" if values["ipv6_ra_mode"] else "ipv6_address_mode"
        raise inconvertible(f"{mode} is not valid when ip_version is 4.")
    modes: dict[str, Any] = {name: values[name] or "" for name in ("ipv6_ra_mode", "ipv6_address_mode")}
    refuse_unlike_modes(modes, values["enable_dhcp"])
    if not values["allocation_pools"]:
        values = {**values, "allocation_pools": UNSET}
    if values["gateway_ip"] is UNSET and values["cidr"] not in (UNSET, None):
        values = {**values, "gateway_ip": _default_gateway(cidr)}
    subnet = Subnet(id=id, network_id=network.id, project_id=values["project_id"], cidr=cidr, **modes, **_plan(values),
                    subnetpool_id=pool.id if pool else "")  # fmt: skip
    refuse_unfit(subnet, subnet.enable_dhcp)
    _refuse_small(network.id, network.mtu, [subnet])
    subnet = placed_subnet(scene, network, subnet, values)
    _refuse_overlap(scene, subnet)
    refuse_other_pool(scene, network.id, version, pool)
    refuse_pools(subnet)
    yield subnet
    if network.external:
        yield from _gateways_with_an_address(scene, subnet)
    ports: list[Port] = scene.estate.find("port.network", network.id)
    for port in ports:
        if makes_address(port, subnet) and not port.is_deferred:
            yield replace(port, fixed_ips=(*(port.fixed_ips or ()), FixedIP(subnet.id)))
    yield from owning(scene, values["project_id"])


def _default_gateway(cidr: str) -> str | None:
    """The gateway of a prefix that was named without one; None where it has no room for one.

    In IPv6 the prefix's own address, to which every router of the link listens (RFC 4291 section 2.6.1). A prefix that
    a pool gives has the address after it. Source: neutron.db.ipam_backend_mixin, `_gateway_ip_str`; subnet_alloc.
    """
    prefix = ip_network(cidr)
    if prefix.version == 6 and prefix.num_addresses > 1:
        return str(prefix.network_address)
    return default_gateway(cidr)


def _gateways_with_an_address(scene: Scene, subnet: Subnet) -> Iterator[Port]:
    """The ports of gateways on an external network that get an address in its new subnet: those without one like it.

    Source: neutron.db.db_base_plugin_v2, `_update_router_gw_port`.
    """
    for port in scene.estate.find("port.network", subnet.network_id):
        versions = [version_of(address) for address in port.addresses]
        if port.device_owner == ROUTER_GATEWAY and subnet.ip_version not in versions:
            yield replace(port, fixed_ips=(*(port.fixed_ips or ()), FixedIP(subnet.id)))


def _plan(values: Values, subnet_id: str = "") -> dict[str, Any]:
    """The fields of a subnet from its attributes; a new one has no id yet."""
    found = sent(values, "name", "description", "enable_dhcp", "dns_nameservers", "gateway_ip", "tags", "service_types")
    if values.get("allocation_pools", UNSET) is not UNSET:
        found["allocation_pools"] = tuple(
            AllocationPool(pool["start"], pool["end"]) for pool in values["allocation_pools"]
        )
    for name, limit in LIMITS.items():
        given = values.get(name, UNSET)
        if given is not UNSET and len(given) > limit.most:
            raise bad_request(f"Unable to complete operation for {subnet_id or 'new subnet'}. The number of "
                              f"{limit.words} exceeds the limit {limit.most}.", limit.fault)  # fmt: skip
    if values.get("host_routes", UNSET) is not UNSET:
        found["host_routes"] = tuple(HostRoute(each["destination"], each["nexthop"]) for each in values["host_routes"])
    return found


class Limit(NamedTuple):
    """How many of something a subnet may have, what they are called, and the type of the fault of more."""

    most: int
    words: str
    fault: str


LIMITS = {
    "dns_nameservers": Limit(5, "DNS nameservers", "DNSNameServersExhausted"),
    "host_routes": Limit(20, "host routes", "HostRoutesExhausted"),
}
"""Source: the defaults of Neutron's `max_dns_nameservers` and `max_subnet_host_routes`."""


def _refuse_overlap(scene: Scene, subnet: Subnet) -> None:
    mine = ip_network(subnet.cidr)
    for other in scene.estate.find("subnet.network", subnet.network_id):
        theirs = ip_network(other.cidr)
        if other.id != subnet.id and theirs.version == mine.version and theirs.overlaps(mine):
            message = (
                f"Invalid input for operation: Requested subnet with cidr: {subnet.cidr} for network: "
                f"{subnet.network_id} overlaps with another subnet."
            )
            raise bad_request(message, "InvalidInput")


def change_subnet(scene: Scene, subnet: Subnet, values: Values) -> Iterator[Record]:
    """The records of a changed subnet."""
    changed = replace(subnet, **_plan(values, subnet.id))
    refuse_unfit(changed, changed.enable_dhcp and not subnet.enable_dhcp)
    if changed.gateway_ip != subnet.gateway_ip:
        _refuse_used_gateway(scene, subnet)
    refuse_pools(changed)
    if "segment_id" in values:
        changed = moved_subnet(scene, changed, values["segment_id"])
    yield changed


def _refuse_used_gateway(scene: Scene, subnet: Subnet) -> None:
    for id in scene.estate.ids("port.routed_subnet", subnet.id):
        port = scene.estate.get(Port, id)
        if port is not None and any(fixed.ip_address == subnet.gateway_ip for fixed in port.fixed_ips or ()):
            raise conflict(
                "GatewayIpInUse",
                f"Current gateway ip {subnet.gateway_ip} already in use by port {id}. Unable to update.",
            )


def drop_subnet(scene: Scene, subnet: Subnet) -> Dropped:
    """The subnet, if no port has an address in it but of its own making."""
    estate = scene.estate
    ports: list[Port] = estate.find("port.subnet", subnet.id)
    held = any(not configures_itself(port, subnet) for port in ports)
    if held or any(_within(floating, subnet) for floating in estate.find("floating_ip.network", subnet.network_id)):
        message = (
            f"Unable to complete operation on subnet {subnet.id}: "
            "One or more ports have an IP allocation from this subnet."
        )
        raise conflict("SubnetInUse", message)
    return Dropped((subnet,), [_without(port, subnet) for port in ports])


def _without(port: Port, subnet: Subnet) -> Port:
    return replace(port, fixed_ips=tuple(fixed for fixed in port.fixed_ips or () if fixed.subnet_id != subnet.id))


def _within(floating: FloatingIP, subnet: Subnet) -> bool:
    return bool(floating.floating_ip_address) and ip_address(floating.floating_ip_address) in ip_network(subnet.cidr)


NETWORKS = Resource(
    "network", "networks", "Network", Network, NETWORK, show_network, make_network, change_network, drop_network,
    draws_vni=True, left=left_by_network, lost_marker=LostMarker.MISSING,
)  # fmt: skip
SUBNETS = Resource(
    "subnet", "subnets", "Subnet", Subnet, SUBNET, show_subnet, make_subnet, change_subnet, drop_subnet, in_turn=True
)
