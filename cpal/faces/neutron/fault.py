"""Faults as the Networking API words them: a status, a type and a message.

Source: Networking API v2.0, faults; the types are those of its reference implementation, which clients match on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cpal.errors import CpalError, Disk, Fault, Faults, Forbidden, Invalid, Unauthenticated
from cpal.faces.http.message import Response, json_response
from cpal.faces.http.status import HTTP_STATUS

UNAUTHORIZED = 401
"""The one fault that is told as by Keystone's middleware, which refuses tokens in front of Neutron."""


OF_DISK = "the server cannot keep anything: its disk is full or fails; nothing was changed"
"""What those who ask hear of a disk; where what is kept is in the log, for the operator."""


class ApiFault(Exception):
    """A request that cannot be answered as asked."""

    def __init__(self, status: int, type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message


def bad_request(message: str, type: str = "HTTPBadRequest") -> ApiFault:
    """What was sent cannot be."""
    return ApiFault(400, type, message)


def invalid(field: str, reason: str) -> ApiFault:
    """A value of the body cannot be."""
    return bad_request(f"Invalid input for {field}. Reason: {reason}")


def inconvertible(reason: str) -> ApiFault:
    """A value is none of its type; Neutron does not say of which attribute."""
    return bad_request(f"Invalid input for operation: {reason}", "InvalidInput")


def not_found(noun: str, id: str) -> ApiFault:
    """There is no such thing, or not for who asks; `noun` as in "Network". Source: neutron_lib.exceptions."""
    word = "".join(part[:1].upper() + part[1:] for part in noun.replace("QoS", "Qos").replace("RBAC", "Rbac").split())
    sentence = _MISSING.get(noun, "{noun} {id} could not be found.").format(noun=noun, id=id)
    return ApiFault(404, f"{word}NotFound", sentence)


_GROUPS = ("Security group", "Security group rule")
_MISSING = {
    **dict.fromkeys(_GROUPS, "{noun} {id} does not exist"),
    **dict.fromkeys(("Router", "Floating IP"), "{noun} {id} could not be found"),
    "Default Security group rule": "Default Security Group rule {id} does not exist",
    "RBAC policy": "RBAC policy of type unknown with ID {id} not found",
}
"""How it is said that there is no such thing, where Neutron's words are others than usual."""


def not_allowed() -> ApiFault:
    """The method is none that there is for what the path names."""
    message = "The server could not comply with the request since it is either malformed or otherwise incorrect."
    return ApiFault(405, "HTTPMethodNotAllowed", message)


def conflict(type: str, message: str) -> ApiFault:
    """Something stands in the way."""
    return ApiFault(409, type, message)


def response_of(fault: ApiFault, identity_url: str = "") -> Response:
    """The answer that says so; to whom has no token, that it is had at a URL. Source: RFC 9110, section 11.6.1."""
    if fault.status == UNAUTHORIZED:
        error = {"code": fault.status, "title": fault.type, "message": fault.message}
        return json_response(fault.status, {"error": error}, ("WWW-Authenticate", f'Keystone uri="{identity_url}"'))
    body = {"NeutronError": {"type": fault.type, "message": fault.message, "detail": ""}}
    return json_response(fault.status, body)


_OF_CAUSE: Mapping[tuple[str, str], tuple[int, str]] = {
    ("taken", "address"): (409, "IpAddressAlreadyAllocated"),
    ("taken", "fixed_ips"): (409, "IpAddressAlreadyAllocated"),
    ("taken", "mac_address"): (409, "MacAddressInUse"),
    ("taken", "protocol"): (409, "SecurityGroupRuleExists"),
    ("taken", "port_id"): (409, "FloatingIPPortAlreadyAssociated"),
    ("taken", "external_port_range"): (400, "BadRequest"),
    ("taken", "internal_port_range"): (400, "BadRequest"),
    ("taken", "segmentation_id"): (409, "VlanIdInUse"),
    ("taken", "physical_network"): (409, "FlatNetworkInUse"),
    ("invalid", "qos_policy_id"): (409, "QosRuleNotSupported"),
    ("invalid", "dns_name"): (400, "HTTPBadRequest"),
    ("invalid", "dns_domain"): (400, "HTTPBadRequest"),
    ("exhausted", "fixed_ips"): (409, "IpAddressGenerationFailure"),
    ("exhausted", "floating_ip_address"): (409, "IpAddressGenerationFailure"),
    ("exhausted", "segmentation_id"): (503, "NoNetworkAvailable"),
}
"""The answer to a fault, by its cause and field."""

_IN_USE: Mapping[str, str] = {
    "network": "NetworkInUse",
    "subnet": "SubnetInUse",
    "port": "PortInUse",
    "router": "RouterInUse",
    "security_group": "SecurityGroupInUse",
    "address_group": "AddressGroupInUse",
    "subnet_pool": "SubnetPoolInUse",
    "address_scope": "AddressScopeInUse",
    "qos_policy": "QosPolicyInUse",
    "floating_ip": "FipInUseByPortForwarding",
}


NO_MATCHING_SUBNET = "IpAddressGenerationFailureNoMatchingSubnet"
"""The type of the fault that a network has subnets, and none is for ports of a role."""
_VLAN_TAKEN = re.compile(r"VLAN (\d+) of (\S+) is taken")
_UNFIT: Mapping[str, str] = {"port_forwarding": "BadRequest"}
"""What says that a record cannot be, by its kind, where that is not InvalidInput."""


def fault_of(error: CpalError) -> ApiFault:
    """What the API says of an error of cpal."""
    if isinstance(error, Faults):
        return _of(error.faults[0], "; ".join(str(fault) for fault in error.faults))
    if isinstance(error, Unauthenticated):
        return ApiFault(UNAUTHORIZED, "Unauthorized", str(error))
    if isinstance(error, Forbidden):
        return ApiFault(403, "PolicyNotAuthorized", str(error))
    if isinstance(error, Disk):
        return ApiFault(HTTP_STATUS[Disk], "Disk", OF_DISK)
    word = "HTTPBadRequest" if type(error) is Invalid else type(error).__name__
    return ApiFault(HTTP_STATUS[type(error)], word, str(error))


def _of(fault: Fault, message: str) -> ApiFault:
    if fault.cause == "referenced":
        kind = fault.record[0] if fault.record else ""
        return ApiFault(409, _IN_USE.get(kind, "InUse"), message)
    status, word = _OF_CAUSE.get((fault.cause, fault.field), (0, ""))
    if not status:
        status, word = {"taken": (409, "Conflict"), "exhausted": (409, "OverQuota")}.get(
            fault.cause, (400, _UNFIT.get(fault.record[0] if fault.record else "", "InvalidInput"))
        )
    if word == "IpAddressGenerationFailure" and fault.problem.startswith("none of its network's subnets is for"):
        word = NO_MATCHING_SUBNET
    if word == "VlanIdInUse" and fault.problem.startswith("VNI"):
        word = "TunnelIdInUse"
    if (vlan := _VLAN_TAKEN.match(fault.problem)) and word == "VlanIdInUse":
        message = f"Unable to create the network. The VLAN {vlan[1]} on physical network {vlan[2]} is in use."
    return ApiFault(status, word, message)
