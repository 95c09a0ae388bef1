"""Security groups, their rules, and address groups.

Source: Networking API v2.0, security-groups, security-group-rules, address-groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from msgspec.structs import replace

from cpal.core.complete import DEFAULT_GROUP
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict
from cpal.faces.neutron.resource import Dropped, Resource, Values, sent
from cpal.faces.neutron.rule_values import no_protocol
from cpal.faces.neutron.scene import Scene, owner, owning, standard
from cpal.faces.neutron.tables import ADDRESS_GROUP, SECURITY_GROUP, SECURITY_GROUP_RULE
from cpal.faces.neutron.values import said
from cpal.model.address import masked
from cpal.model.claims import claims_of
from cpal.model.default_rules import DefaultSecurityGroupRule, rules_of_other
from cpal.model.record import Record
from cpal.model.security import (
    ICMP,
    ICMPV6,
    PROTOCOLS_WITH_PORTS,
    AddressGroup,
    SecurityGroup,
    SecurityGroupRule,
    protocol_number,
)
from cpal.model.sharing import is_shared


def show_group(scene: Scene, group: SecurityGroup) -> dict[str, Any]:
    """A security group as the API shows it, with its rules."""
    return {
        "id": group.id,
        "name": group.name,
        **owner(group),
        "stateful": group.stateful,
        "shared": is_shared(scene.estate, group, scene.context.project_id),
        "security_group_rules": [
            {**show_rule(scene, rule), "tags": list(rule.tags)} for rule in scene.estate.find("rule.group", group.id)
        ],
        **standard(scene, group),
    }


def is_default(group: SecurityGroup) -> bool:
    """Whether it is its project's default group."""
    return bool(group.project_id) and group.name == DEFAULT_GROUP


def make_group(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new security group, with the rules that the deployment's templates give it."""
    if values["name"].lower() == DEFAULT_GROUP:
        raise conflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
    group = SecurityGroup(
        id=id, project_id=values["project_id"], **sent(values, "name", "description", "stateful", "tags")
    )
    yield group
    yield from rules_of_other(scene.estate.all(DefaultSecurityGroupRule), group)
    yield from owning(scene, group.project_id)


def change_group(scene: Scene, group: SecurityGroup, values: Values) -> Iterator[Record]:
    """The records of a changed security group."""
    if values.get("name", "").lower() == DEFAULT_GROUP:
        raise conflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
    if is_default(group) and "name" in values:
        raise conflict("SecurityGroupCannotUpdateDefault", "Updating default security group not allowed.")
    if values.get("stateful", group.stateful) != group.stateful and scene.estate.ids("port.security_group", group.id):
        raise conflict("SecurityGroupInUse", f"Security Group {group.id} in use.")
    yield replace(group, **sent(values, "name", "description", "stateful", "tags"))


def drop_group(scene: Scene, group: SecurityGroup) -> Dropped:
    """The security group with its rules and logs, and the rules that name it, unless a port is in it."""
    if is_default(group) and not scene.sees_all:
        raise conflict("SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.")
    if scene.estate.ids("port.security_group", group.id):
        raise conflict("SecurityGroupInUse", f"Security Group {group.id} in use.")
    parts = (scene.estate.find(index, group.id) for index in ("rule.group", "rule.remote_group", "log.group"))
    return Dropped(tuple(dict.fromkeys((group, *chain.from_iterable(parts)))))


OF_TEMPLATE = "5"
"""The version of the ids of rules that are made as templates say, which in Neutron have no description but null."""


def show_rule(scene: Scene, rule: SecurityGroupRule) -> dict[str, Any]:
    """A rule as the API shows it."""
    group = scene.estate.get(SecurityGroup, rule.security_group_id)
    shown = {
        "id": rule.id,
        **owner(rule),
        "security_group_id": rule.security_group_id,
        **shown_of_rule(rule),
        "normalized_cidr": rule.normalized_cidr or None,
        "belongs_to_default_sg": group is not None and is_default(group),
        **standard(scene, rule),
        "description": rule.description or (None if rule.id[14] == OF_TEMPLATE else ""),
    }
    del shown["tags"]
    return shown


def shown_of_rule(rule: SecurityGroupRule | DefaultSecurityGroupRule) -> dict[str, Any]:
    """What a rule, or a template of one, says, as the API shows it."""
    return {
        "ethertype": rule.ethertype,
        "direction": rule.direction,
        "protocol": rule.protocol or None,
        "port_range_min": rule.port_range_min,
        "port_range_max": rule.port_range_max,
        "remote_ip_prefix": rule.remote_ip_prefix or None,
        "remote_address_group_id": rule.remote_address_group_id or None,
        "remote_group_id": rule.remote_group_id or None,
    }


def make_rule(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new rule."""
    group = scene.seen(SecurityGroup, values["security_group_id"], "Security group")
    if values["remote_group_id"]:
        scene.seen(SecurityGroup, values["remote_group_id"], "Security group")
    if values["remote_address_group_id"]:
        scene.seen(AddressGroup, values["remote_address_group_id"], "Address group")
    rule = SecurityGroupRule(
        id=id, project_id=group.project_id, security_group_id=group.id, **said_by_rule(values),
        **sent(values, "description"),
    )  # fmt: skip
    (claim,) = claims_of(rule)
    holder = scene.estate.holder(claim)
    if holder is not None:
        raise conflict("SecurityGroupRuleExists", f"Security group rule already exists. Rule id is {holder.id}.")
    yield rule


def refuse_rules_together(given: Sequence[Values]) -> None:
    """Refuse rules of several groups in one request, and those of which two say the same.

    Raises:
        ApiFault: there are such.
    """
    groups = {values["security_group_id"] for values in given}
    claims = [claims_of(SecurityGroupRule(id="", security_group_id="", **said_by_rule(values))) for values in given]
    if len(groups) > 1:
        message = "Only allowed to update rules for one security profile at a time"
        raise bad_request(message, "SecurityGroupNotSingleGroupRules")
    if len(set(map(repr, claims))) < len(claims):
        raise conflict("DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.")


def said_by_rule(values: Values) -> dict[str, Any]:
    """The fields of what a rule, or a template of one, says.

    Raises:
        ApiFault: it cannot be said.
    """
    ethertype = {"ipv4": "IPv4", "ipv6": "IPv6"}.get(values["ethertype"].lower())
    if ethertype is None:
        raise bad_request(f"Security group rule for ethertype '{said(values['ethertype'])}' not supported. "
                          "Allowed values are ['IPv4', 'IPv6'].", "SecurityGroupRuleInvalidEtherType")  # fmt: skip
    if values["protocol"] == "":
        raise no_protocol("")
    values = {**values, "protocol": _canonical(_protocol(values), ethertype)}
    _one_remote(values)
    low, high = _range(values, 6 if ethertype == "IPv6" else 4)
    if ethertype == "IPv4" and values["protocol"] in IPV6_PROTOCOLS:
        raise bad_request(f"Invalid ethertype {ethertype} for protocol {values['protocol']}.",
                          "SecurityGroupEthertypeConflictWithProtocol")  # fmt: skip
    prefix = values["remote_ip_prefix"] or ""
    if prefix and (":" in prefix) != (ethertype == "IPv6"):
        raise bad_request(
            f"Conflicting value ethertype {ethertype} for CIDR {prefix}", "SecurityGroupRuleParameterConflict"
        )
    return {
        "direction": values["direction"],
        "ethertype": ethertype,
        "protocol": values["protocol"],
        "port_range_min": low,
        "port_range_max": high,
        "remote_ip_prefix": prefix,
        "remote_group_id": values["remote_group_id"] or "",
        "remote_address_group_id": values["remote_address_group_id"] or "",
    }


def _one_remote(values: Values) -> None:
    named = [key for key in ("remote_ip_prefix", "remote_group_id", "remote_address_group_id") if values[key]]
    if len(named) > 1:
        raise bad_request("Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.",
                          "SecurityGroupMultipleRemoteEntites")  # fmt: skip


def _protocol(values: Values) -> str:
    """The protocol's name or number, or "" for any."""
    given = str(values["protocol"] or "any")
    word = given.lower()
    try:
        protocol_number(word, 4)
    except ValueError:
        raise no_protocol(given) from None
    return "" if word == "any" else word


IPV6_PROTOCOLS = frozenset(
    ("ipv6-encap", "ipv6-route", "ipv6-frag", "ipv6-icmp", "icmpv6", "ipv6-nonxt", "ipv6-opts",
     "41", "43", "44", "58", "59", "60")
)  # fmt: skip
"""The protocols that Neutron has for IPv6 alone."""
EVERY_PORT = (1, 65535)
"""A range that says no more than none. Source: neutron_lib.constants, PORT_RANGE_MIN and PORT_RANGE_MAX."""
_ICMP_OF_IPV6 = {"icmp": "ipv6-icmp", "icmpv6": "ipv6-icmp", "1": "58"}
"""What ICMP is called in rules for IPv6, whatever it was called when they were made."""


def _canonical(protocol: str, ethertype: str) -> str:
    return _ICMP_OF_IPV6.get(protocol, protocol) if ethertype == "IPv6" else protocol


def _range(values: Values, version: int) -> tuple[int | None, int | None]:
    """The ports, or ICMP type and code, of a rule."""
    low, high = values["port_range_min"], values["port_range_max"]
    number = protocol_number(values["protocol"], version)
    if (low, high) in ((None, None), EVERY_PORT):
        return None, None
    if number in (ICMP, ICMPV6):
        for what, field, value in (("type", "port_range_min", low), ("code", "port_range_max", high)):
            if value is not None and not 0 <= value <= 255:
                message = f"Invalid value for ICMP {what} ({field}) {value}. It must be 0 to 255."
                raise bad_request(message, "SecurityGroupInvalidIcmpValue")
        if low is None:
            message = f"ICMP code (port-range-max) {high} is provided but ICMP type (port-range-min) is missing."
            raise bad_request(message, "SecurityGroupMissingIcmpType")
        return low, high
    if number is None:
        raise bad_request(
            "Must also specify protocol if port range is given.", "SecurityGroupProtocolRequiredWithPorts"
        )
    if number not in PROTOCOLS_WITH_PORTS:
        raise bad_request(f"Ports cannot be specified for protocol {number}. Ports are only supported for "
                          "DCCP, SCTP, TCP, UDP, UDPLITE.", "SecurityGroupInvalidProtocolForPort")  # fmt: skip
    if 0 in (low, high):
        raise bad_request("Invalid value for port 0", "SecurityGroupInvalidPortValue")
    if low is None or high is None or low > high:
        message = "For TCP/UDP protocols, port_range_min must be <= port_range_max"
        raise bad_request(message, "SecurityGroupInvalidPortRange")
    return low, high


def change_rule(scene: Scene, rule: SecurityGroupRule, values: Values) -> Iterator[Record]:
    """The records of a changed rule: its description, no more."""
    yield replace(rule, **sent(values, "description"))


def drop_rule(scene: Scene, rule: SecurityGroupRule) -> Dropped:
    """The rule."""
    return Dropped((rule,))


def show_address_group(scene: Scene, group: AddressGroup) -> dict[str, Any]:
    """An address group as the API shows it."""
    return {"id": group.id, "name": group.name, **owner(group), "addresses": list(group.addresses),
            "shared": is_shared(scene.estate, group, scene.context.project_id), **standard(scene, group)}  # fmt: skip


def make_address_group(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new address group."""
    yield AddressGroup(
        id=id,
        project_id=values["project_id"],
        addresses=tuple(dict.fromkeys(values["addresses"])),
        **sent(values, "name", "description", "tags"),
    )
    yield from owning(scene, values["project_id"])


def change_address_group(scene: Scene, group: AddressGroup, values: Values) -> Iterator[Record]:
    """The records of a changed address group."""
    yield replace(group, **sent(values, "name", "description", "tags"))


def with_addresses(group: AddressGroup, given: Iterable[str]) -> AddressGroup:
    """The group with more addresses, none of which it has."""
    more = tuple(dict.fromkeys(map(masked, given)))
    if known := [each for each in more if each in group.addresses]:
        raise bad_request(f"Addresses {known} already exist in the address group {group.id}.", "AddressesAlreadyExist")
    return replace(group, addresses=(*group.addresses, *more))


def without_addresses(group: AddressGroup, given: Iterable[str]) -> AddressGroup:
    """The group without some addresses, all of which it has."""
    less = dict.fromkeys(map(masked, given))
    if missing := [each for each in less if each not in group.addresses]:
        message = f"Addresses {missing} not found in the address group {group.id}."
        raise ApiFault(404, "AddressesNotFound", message)
    return replace(group, addresses=tuple(each for each in group.addresses if each not in less))


def drop_address_group(scene: Scene, group: AddressGroup) -> Dropped:
    """The address group, unless a rule names it."""
    if scene.estate.ids("rule.remote_address_group", group.id):
        raise conflict("AddressGroupInUse", f"Address group {group.id} is in use on one or more security group rules.")
    return Dropped((group,))


SECURITY_GROUPS = Resource(
    "security_group", "security-groups", "Security group", SecurityGroup, SECURITY_GROUP, show_group, make_group,
    change_group, drop_group,
)  # fmt: skip
SECURITY_GROUP_RULES = Resource(
    "security_group_rule", "security-group-rules", "Security group rule", SecurityGroupRule, SECURITY_GROUP_RULE,
    show_rule, make_rule, change_rule, drop_rule, together=refuse_rules_together,
)  # fmt: skip
ADDRESS_GROUPS = Resource(
    "address_group", "address-groups", "Address group", AddressGroup, ADDRESS_GROUP, show_address_group,
    make_address_group, change_address_group, drop_address_group,
)  # fmt: skip
