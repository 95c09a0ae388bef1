"""All that is wrong with an estate of completed records, or with a change to a valid one: every fault at once.

Theory. A record's faults are a function of the record and of what it looks up, and each check of a record asks for one
kind of them: where one falls silent for want of what is not known (`doubts.py`), the others go on. `check` asks every
record. For a change to a valid estate it is enough to ask the changed records and those whose look-ups the change can
have altered for the worse (`_dependents`), so that cost grows with the change and not with the estate; a property test
holds the two equal. What two records claim is in the estate's collisions already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cpal.errors import LENIENT, Fault
from cpal.model.acl import Acl
from cpal.model.address_scope import AddressScope
from cpal.model.bgp import Bgp
from cpal.model.checks.bgp import BGP_CHECKS
from cpal.model.checks.default_rules import default_rule_problems
from cpal.model.checks.dependents import dependents, needed_by
from cpal.model.checks.log import log_problems
from cpal.model.checks.mlag import MLAG_CHECKS
from cpal.model.checks.network import NETWORK_CHECKS, SUBNET_CHECKS
from cpal.model.checks.port import PORT_CHECKS, instance_problems, is_plain
from cpal.model.checks.port_forwarding import PORT_FORWARDING_CHECKS, forwarding_floating_ip_problems
from cpal.model.checks.qos import (
    bandwidth_limit_problems,
    dscp_marking_problems,
    minimum_bandwidth_problems,
    policy_of_floating_ip_problems,
    policy_of_gateway_problems,
    policy_of_network_problems,
)
from cpal.model.checks.rbac import rbac_policy_problems
from cpal.model.checks.router import FLOATING_IP_CHECKS, ROUTER_CHECKS
from cpal.model.checks.security import address_group_problems, rule_problems
from cpal.model.checks.subnet_pool import SUBNET_POOL_CHECKS, address_scope_problems, pool_of_subnet_problems
from cpal.model.checks.switch import (
    ACL_CHECKS,
    CLASSIFIER_CHECKS,
    INTERFACE_CHECKS,
    LAG_CHECKS,
    OSPF_CHECKS,
    ROUTE_CHECKS,
    SERVER_CHECKS,
    STP_CHECKS,
    VLAN_CHECKS,
    VRF_CHECKS,
)
from cpal.model.checks.target import HOST_CHECKS, OUTSIDE_HOST_CHECKS, TARGET_CHECKS, placement_problems
from cpal.model.checks.trunk import TRUNK_CHECKS
from cpal.model.checks.values import MAX_NAME
from cpal.model.checks.words import REFERENCED, TAKEN, Problem, called, called_fully, missing, noun, project_name
from cpal.model.claims import FABRIC_VLAN
from cpal.model.classifier import Classifier
from cpal.model.default_rules import DefaultSecurityGroupRule
from cpal.model.doubts import SURE, Doubts, as_known
from cpal.model.estate import KINDS, RECORD_TYPES, Change, Collision, Estate
from cpal.model.instance import Instance
from cpal.model.log import Log
from cpal.model.mlag import Mlag
from cpal.model.network import Network, Port, Subnet
from cpal.model.ospf import Ospf
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QosBandwidthLimitRule, QosDscpMarkingRule, QosMinimumBandwidthRule
from cpal.model.rbac import RbacPolicy
from cpal.model.record import IMPLIED, Claim, Key, Record
from cpal.model.router import FloatingIP, Router
from cpal.model.security import AddressGroup, SecurityGroupRule
from cpal.model.subnet_pool import SubnetPool
from cpal.model.switch import Interface, Lag, NtpServer, Route, Stp, SyslogServer, Vlan, Vrf
from cpal.model.target import Host, OutsideHost, Placement, Project, Target
from cpal.model.trunk import Trunk
from cpal.model.unknown import NotKnown


def faults_of(estate: Estate, record: Record) -> Iterator[Fault]:
    """What is wrong with one completed record in its estate, collisions apart."""
    if not _is_plain(estate, record):
        yield from every_fault_of(estate, record)


def _is_plain(estate: Estate, record: Record) -> bool:
    if type(record) is not Port:
        return False
    try:
        return is_plain(estate, record)
    except NotKnown:
        return False


def every_fault_of(estate: Estate, record: Record) -> Iterator[Fault]:
    """The same, found by asking each check."""
    for find_problems in _CHECKS[type(record)]:
        try:
            for problem in find_problems(estate, record):
                yield _fault(estate, record, problem)
        except NotKnown:
            continue


def check(estate: Estate) -> tuple[Fault, ...]:
    """Everything that is wrong with the estate."""
    faults = [fault for record in estate.records() for fault in faults_of(estate, record)]
    return _in_order([*faults, *_collisions(estate)])


def check_changes(estate: Estate, changes: Iterable[Change], doubts: Doubts = SURE) -> tuple[Fault, ...]:
    """Everything that `changes` made wrong; `estate` is the one after them, and the one before was valid.

    Empty exactly when `check(estate)` is. A deletion that something else still needs is one fault, not also one of
    each that needs it. With `doubts`, only what is wrong whatever the truth is about them.
    """
    if doubts.going:
        going = {record.key for record in doubts.going}
        changes = [change for change in changes if change.key not in going]
    faults = _faults_of_changes(estate, changes, doubts)
    return _in_order([fault for fault in faults if not doubts.about(fault)]) if faults else ()


def _faults_of_changes(estate: Estate, changes: Iterable[Change], doubts: Doubts) -> list[Fault]:
    known = as_known(estate, doubts)
    made: dict[Key, Record] = {}
    touched: dict[Key, None] = {}
    gone = []
    for change in changes:
        before, after = change
        if after is None:
            gone.append(change)
        else:
            made[after.key] = after
        for other in dependents(estate, before, after):
            touched[other] = None
    needed = [(change, fault) for change in gone for fault in _still_needed(estate, change)]
    faults = [fault for _, fault in needed] + _faults_in(known, made.values() if known is estate else _at(known, made))
    if touched:
        told = {missing("", key.kind, word).problem for change, _ in needed for key, word in _words_for(change)}
        also = _faults_in(known, _at(known, touched.keys() - made.keys()))
        faults += [fault for fault in also if fault.problem not in told and not _is_let_pass(known, fault)]
    return [*faults, *_collisions(known)] if known.collisions else faults


def _is_let_pass(estate: Estate, fault: Fault) -> bool:
    """Whether the fault is of a kind that an API let pass when it made the record."""
    record = estate.by_key(Key(*fault.record)) if fault.cause in LENIENT and fault.record else None
    return record is not None and not record.stack


def _at(estate: Estate, keys: Iterable[Key]) -> list[Record]:
    return [record for key in keys if (record := estate.by_key(key)) is not None]


def _faults_in(estate: Estate, records: Iterable[Record]) -> list[Fault]:
    found: list[Fault] = []
    for record in records:
        if not _is_plain(estate, record):
            found += every_fault_of(estate, record)
    return found


def _words_for(change: Change) -> Iterator[tuple[Key, str]]:
    """What others refer to a record by: its id, or for hosts and targets its name."""
    yield change.key, change.key.id
    if change.before is not None and change.before.name:
        yield change.key, change.before.name


def _in_order(faults: list[Fault]) -> tuple[Fault, ...]:
    """The faults by kind of record, what it is called, and field: the same order each time."""
    return tuple(
        sorted(faults, key=lambda f: (_PLACES[f.record[0]] if f.record else 0, f.key, f.record, f.field, f.problem))
    )


_PLACES = {kind: place for place, kind in enumerate(KINDS)}


def _owned(estate: Estate, record: Record) -> Iterable[Problem]:
    if record.project_id and estate.get(Project, record.project_id) is None:
        return (missing("project_id", "project", record.project_id),)
    return (_too_long(record),) if len(record.name) > MAX_NAME or len(record.description) > MAX_NAME else ()


Check = Callable[[Estate, Any], Iterable[Problem]]
_CHECKS_OF: dict[type[Record], tuple[Check, ...]] = {
    Target: TARGET_CHECKS,
    Host: HOST_CHECKS,
    OutsideHost: OUTSIDE_HOST_CHECKS,
    Network: (*NETWORK_CHECKS, policy_of_network_problems),
    AddressScope: (address_scope_problems,),
    SubnetPool: SUBNET_POOL_CHECKS,
    Subnet: (*SUBNET_CHECKS, pool_of_subnet_problems),
    AddressGroup: (address_group_problems,),
    SecurityGroupRule: (rule_problems,),
    DefaultSecurityGroupRule: (default_rule_problems,),
    Router: (*ROUTER_CHECKS, policy_of_gateway_problems),
    Instance: (instance_problems,),
    Port: PORT_CHECKS,
    Trunk: TRUNK_CHECKS,
    FloatingIP: (*FLOATING_IP_CHECKS, policy_of_floating_ip_problems, forwarding_floating_ip_problems),
    PortForwarding: PORT_FORWARDING_CHECKS,
    Placement: (placement_problems,),
    RbacPolicy: (rbac_policy_problems,),
    QosBandwidthLimitRule: (bandwidth_limit_problems,),
    QosDscpMarkingRule: (dscp_marking_problems,),
    QosMinimumBandwidthRule: (minimum_bandwidth_problems,),
    Vlan: VLAN_CHECKS,
    Vrf: VRF_CHECKS,
    Route: ROUTE_CHECKS,
    NtpServer: SERVER_CHECKS,
    SyslogServer: SERVER_CHECKS,
    Lag: LAG_CHECKS,
    Mlag: MLAG_CHECKS,
    Stp: STP_CHECKS,
    Acl: ACL_CHECKS,
    Ospf: OSPF_CHECKS,
    Bgp: BGP_CHECKS,
    Classifier: CLASSIFIER_CHECKS,
    Interface: INTERFACE_CHECKS,
    Log: (log_problems,),
}
_CHECKS: dict[type[Record], tuple[Check, ...]] = {kind: (*_CHECKS_OF.get(kind, ()), _owned) for kind in RECORD_TYPES}


def _fault(estate: Estate, record: Record, problem: Problem) -> Fault:
    return Fault(
        problem.problem,
        key=called(estate, record),
        field=problem.field,
        remedy=problem.remedy,
        record=(record.kind, record.id),
        cause=problem.cause,
    )


def _too_long(record: Record) -> Problem:
    field = "name" if len(record.name) > MAX_NAME else "description"
    return Problem(field, f"{len(getattr(record, field))} characters are too many", f"write at most {MAX_NAME}")


NAMED = 3
"""How many of those that need a record a message names."""


def _still_needed(estate: Estate, change: Change) -> Iterator[Fault]:
    """The fault of a deletion that something else still needs. What refers to it has its own faults, left out here."""
    record = change.before
    users = needed_by(estate, record) if record is not None else []
    if record is None or not users:
        return
    names = ", ".join(called_fully(estate, user) for user in users[:NAMED]).replace(f" of project {record.id}", "")
    more = f" and {len(users) - NAMED} more" if len(users) > NAMED else ""
    problem = Problem("", f"is still needed by {names}{more}", "delete or change that first", REFERENCED)
    yield _fault(estate, record, problem)


def _collisions(estate: Estate) -> Iterator[Fault]:
    for collision in estate.collisions:
        record, holder = estate.by_key(collision.other), estate.by_key(collision.holder)
        if record is not None and holder is not None:
            if record.stack == IMPLIED:
                record, holder = holder, record
            yield _fault(estate, record, _collision(estate, collision, record, holder))


def _collision(estate: Estate, collision: Collision, record: Record, holder: Record) -> Problem:
    what, field, remedy = _CLAIM_WORDS[collision.claim.space]
    value = _claimed(estate, collision.claim) if "{value}" in what else ""
    if collision.claim.space == "name":
        owner = project_name(estate, record.project_id)
        where = f" in project {owner}" if owner and record.project_id == holder.project_id else ""
        problem = f"there are two of this name{where}: a {noun(record.kind)} cannot have the name of another"
        return Problem(field, problem, remedy, TAKEN)
    subject = what.format(value=value, network=collision.claim.value.split(" ")[0])
    return Problem(field, f"{subject} is taken by {called_fully(estate, holder)}", remedy, TAKEN)


def _claimed(estate: Estate, claim: Claim) -> str:
    """What is claimed: the last word of the claim, or the port whose id that is."""
    word = claim.value.rpartition(" ")[2]
    port = estate.get(Port, word) if claim.space == "trunk" else None
    return called(estate, port) if port is not None else word


_CLAIM_WORDS = {
    "name": ("the name", "name", "choose another name"),
    "address": ("the address {value}", "address", "choose another address, or leave it out"),
    "mac": ("the MAC address {value}", "mac_address", "choose another MAC address, or leave it out"),
    "floating port": ("the id {value} of a floating IP's port", "floating_port", "leave it out of one of them"),
    "vni": ("VNI {value}", "segmentation_id", "choose another, or leave it out"),
    "vlan": ("VLAN {value} of {network}", "segmentation_id", "choose another, or leave it out"),
    FABRIC_VLAN: ("VLAN {value} of the fabric", "fabric_vlan", "choose another, or leave it out"),
    "VRF of leaves": ("the name {value} of a VRF", "vrf", "choose another, or leave it out"),
    "VLAN of a device": ("VLAN {value} of {network}", "vlan_id", "choose another, or leave that device out"),
    "VRF of a device": ("VRF {value} of {network}", "devices", "leave that device out of one of them"),
    "route of a device": ("the route by {value} of {network}", "devices", "leave that device out of one of them"),
    "access list of a device": ("access list {value} of {network}", "devices", "leave that device out of one of them"),
    "OSPF process of a VRF": ("the OSPF process in VRF {value} of {network}", "vrf", "say all of it in one of them"),
    "classifier of a device": ("classifier {value} of {network}", "devices", "leave that device out of one of them"),
    "class of a device": ("class {value} of {network}", "terms", "call that term otherwise"),
    "LAG of an interface": ("membership of {value} of {network}", "members", "leave it out of one of them"),
    "MLAG of a device": ("MLAG {value} of {network}", "mlag", "choose another number"),
    "mode of spanning trees": ("the {value} of spanning trees of {network}", "mode", "leave it out of one of them"),
    "priority in spanning trees": (
        "priority {value} in spanning trees of {network}",
        "priority",
        "name all that have it in one of them",
    ),
    "server of a device": ("{value} on {network}", "devices", "leave that device out of one of them"),
    "flat": ("the untagged segment of {network}", "physical_network", "use a VLAN, or the network that is there"),
    "segment": ("the id of the segment", "more_segments", "leave it out, to have one drawn"),
    "dns name": ("the DNS name {value}", "dns_name", "choose another name"),
    "trunk": ("{value}", "port_id", "a port is in one trunk at most: use another, or remove it there"),
    "floating IP of": ("the address {value}", "port_id", "an address has one floating IP: remove the other first"),
    "forwarded port": ("port {value} of the floating IP", "external_port_range", "choose another port"),
    "forwarding to": ("port {value} of the address", "internal_port_range", "one external port leads to it: use that"),
    "rule": ("what the rule says", "protocol", "leave the repetition out"),
    "default rule": ("what the template says", "direction", "leave the repetition out"),
    "default": ("being the default", "is_default", "let the other one be it no longer first"),
    "QoS rule": ("what the rule is about", "qos_policy_id", "a policy has one rule of each type and direction"),
    "grant": ("what the policy grants", "target_project", "leave the repetition out"),
    "placement": ("this placement", "subject_id", "leave the repetition out"),
}
"""How each space of claims is said, the field it is about, and what to do. Source: `claims.py`."""
