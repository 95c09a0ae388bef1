"""How checks speak: a problem with one field, and what the user calls a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from cpal.model.estate import Estate
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QOS_RULES, QosPolicy, direction_of
from cpal.model.record import Key, Record
from cpal.model.router import FloatingIP
from cpal.model.security import SecurityGroup, SecurityGroupRule
from cpal.model.target import Placement, Project
from cpal.model.unknown import NotKnown

T = TypeVar("T")
INVALID, INCOMPLETE, TAKEN, REFERENCED = "invalid", "incomplete", "taken", "referenced"
FOREIGN, INEFFECTIVE = "foreign", "ineffective"


class Problem(NamedTuple):
    """One thing wrong with a record: at which field, what, what would be right, and why (one of `errors.CAUSES`)."""

    field: str
    problem: str
    remedy: str = ""
    cause: str = INVALID


def sure(found: Iterable[T]) -> Iterator[T]:
    """What is found (problems, records), up to where it takes what is not known to find more."""
    try:
        yield from found
    except NotKnown:
        return


def not_completed(field: str) -> Problem:
    """The problem of a value that was left out and not completed."""
    return Problem(field, "was left out and not completed", "complete the records before they are checked", INCOMPLETE)


def missing(field: str, kind: str, id: str) -> Problem:
    """The problem of a reference to a record that is not there."""
    return Problem(field, f"there is no {noun(kind)} {id}", f"name a {noun(kind)} that exists, or declare it")


def noun(kind: str) -> str:
    """The kind of record in words."""
    return _NOUNS.get(kind) or kind.replace("_", " ")


_NOUNS = {
    "bgp": "BGP",
    "floating_ip": "floating IP",
    "ospf": "OSPF process",
    "rbac_policy": "RBAC policy",
    "qos_policy": "QoS policy",
} | {kind.kind: kind.kind.replace("qos_", "QoS ").replace("_", " ") for kind in QOS_RULES}


def called(estate: Estate, record: Record) -> str:
    """What the user calls the record: its kind and name, or what tells it from its like: `port "web1"`."""
    if record.name:
        return f'{noun(record.kind)} "{record.name}"'
    if isinstance(record, FloatingIP) and record.floating_ip_address:
        return f"floating IP {record.floating_ip_address}"
    if isinstance(record, SecurityGroupRule):
        return _rule(estate, record)
    if isinstance(record, PortForwarding):
        floating = estate.get(FloatingIP, record.floatingip_id)
        of = f" of {called(estate, floating)}" if floating else ""
        return f"forwarding of {record.protocol} port {record.external_port_range.start}{of}"
    if isinstance(record, QOS_RULES):
        policy = estate.get(QosPolicy, record.qos_policy_id)
        of = f" of {called(estate, policy)}" if policy else ""
        return f"{noun(record.kind)} ({direction_of(record)}){of}"
    if isinstance(record, Placement):
        subject = next(
            (r for kind in ("router", "network", "port") if (r := estate.by_key(Key(kind, record.subject_id)))), None
        )
        return f"{record.role} placement of {called(estate, subject) if subject else record.subject_id}"
    return f"{noun(record.kind)} {record.id}"


def _rule(estate: Estate, rule: SecurityGroupRule) -> str:
    group = estate.get(SecurityGroup, rule.security_group_id)
    of = f' of security group "{group.name}"' if group and group.name else ""
    return " ".join(("rule", rule.direction, rule.ethertype, rule.protocol or "any")) + of


def called_fully(estate: Estate, record: Record) -> str:
    """The same with the project's name, for messages about another record: `port "db1" of project red`."""
    owner = project_name(estate, record.project_id)
    return called(estate, record) + (f" of project {owner}" if owner else "")


def project_name(estate: Estate, project_id: str) -> str:
    """The project's name, or its id where it has none, or "" for what belongs to no project."""
    project = estate.get(Project, project_id)
    return project.name if project and project.name else project_id
