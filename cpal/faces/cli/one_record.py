"""One thing made, changed or deleted by flags: which records that means, with what is part of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from cpal.errors import Invalid
from cpal.faces.cli.flag_nodes import COMMAND_STACK, document_of, flags_of, in_flags
from cpal.faces.cli.kinds import Kind
from cpal.faces.documents.reading import Documents
from cpal.faces.session import Session
from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.network import ROUTER_INTERFACE, Network, Port
from cpal.model.qos import QOS_RULES, QosPolicy
from cpal.model.record import IMPLIED, Key, Record
from cpal.model.router import FloatingIP, Router, gateway_ports, placements_gone
from cpal.model.security import SecurityGroup
from cpal.model.target import Project, Range

NONE = "none"
"""The word that clears a reference."""
NOT_SETTABLE: dict[str, frozenset[str]] = {
    "network": frozenset(("cidr",)),
    "subnet": frozenset(("network_id",)),
    "port": frozenset(("network_id", "floating_ip")),
    "instance": frozenset(("network_id", "networks", "floating_ip")),
    "floating_ip": frozenset(("floating_network_id", "port_forwardings")),
    "trunk": frozenset(("port_id",)),
    "security_group": frozenset(("rules", "default_egress")),
    "port_forwarding": frozenset(("floatingip_id",)),
    **{each.kind: frozenset(("qos_policy_id",)) for each in QOS_RULES},
    "qos_policy": frozenset(("bandwidth_limit_rules", "dscp_marking_rules", "minimum_bandwidth_rules")),
}
"""Fields that only creation knows: changing them means another thing, or things with verbs of their own."""
TOUCHES: dict[str, tuple[str, ...]] = {
    "ip_address": ("fixed_ips",),
    "instance": ("device_id", "device_owner", "host_id"),
    "router": ("device_id", "device_owner"),
    "port_id": ("port_id", "fixed_ip_address"),
    "internal_port_id": ("internal_port_id", "internal_ip_address"),
    "interfaces": (),
}
"""The fields of records that a shorthand stands for; any other field stands for itself."""
PARTS = ("interfaces", "external_gateway_info", "more_gateways")
"""Flags of a router that stand for ports of it."""
OF_INSTANCE = frozenset(("host", "image", "description"))
"""Flags of an instance that are its own; the others are those of its one port."""


class Wanted(NamedTuple):
    """Records to make or change, and the keys of those to remove."""

    records: list[Record]
    removed: list[Key]


def declared(session: Session, kind: Kind, documents: Documents) -> list[Record]:
    """The records that a document made of flags declares; they belong to no stack.

    Raises:
        Faults: what the flags say cannot be.
    """
    found = session.declare(documents)
    if found.faults:
        raise in_flags(found.faults, kind)
    return [replace(record, stack="") if record.stack == COMMAND_STACK else record for record in found.records]


def changed(session: Session, kind: Kind, record: Record, given: Mapping[str, Sequence[str]]) -> Wanted:
    """What changing the given fields of a record means; `given` are the words of each flag, by its key in documents.

    Raises:
        Faults: what the flags say cannot be.
        Invalid: a port's field is given for an instance with several ports.
    """
    estate = session.estate
    fields = {each.field.written: each.field.name for each in flags_of(kind)}
    flags = {fields[key] for key in given}
    said = {key: words for key, words in given.items() if tuple(words) != (NONE,)}
    values = {**_needed(kind, record, flags, estate), **said}
    project = estate.get(Project, record.project_id)
    documents = document_of(kind, record.id, project.name if project else "default", values)
    found = declared(session, kind, documents)
    if not kind.named:
        return Wanted([_with(record, next(one for one in found if one.kind == kind.name), flags)], [])
    records = [each for one in found if (each := _merged(one, record, flags, estate)) is not None]
    known = {each.key for each in records}
    if isinstance(record, Instance) and "host" in flags:
        records += [port for port in estate.find("port.device", record.id) if port.key not in known]
    routers = [each for each in records if isinstance(each, Router)]
    gone = [key for router in routers for key in _parts_gone(router, flags, {each.key for each in found}, estate)]
    return Wanted(records, gone)


def _needed(kind: Kind, record: Record, flags: set[str], estate: Estate) -> dict[str, Sequence[str]]:
    """What a document must say of the record although it stays as it is."""
    if isinstance(record, Instance):
        return _instance_network(record, flags, estate)
    required = (each.field for each in flags_of(kind) if each.field.required)
    return {field.written: [_word(getattr(record, field.name))] for field in required}


def _word(value: object) -> str:
    """A value as a word of a document."""
    return f"{value.start}-{value.end}" if isinstance(value, Range) else str(value)


def _instance_network(instance: Instance, flags: set[str], estate: Estate) -> dict[str, Sequence[str]]:
    if flags <= OF_INSTANCE:
        return {"networks": []}
    ports: list[Port] = estate.find("port.device", instance.id)
    if len(ports) != 1:
        raise Invalid(
            f"it has {len(ports)} ports, so it is not clear which one changes",
            key=f"instance {instance.name}",
            remedy="change the port itself: cpal set port",
        )
    return {"network": [ports[0].network_id]}


def _merged(one: Record, subject: Record, flags: set[str], estate: Estate) -> Record | None:
    """A declared record with only what was given taken from it; None when it has nothing to do with that."""
    before = estate.by_key(one.key)
    if before is None:
        return _new_part(one, subject, flags)
    own = one.key == subject.key
    if not own and not (isinstance(one, Port) and one.device_id == subject.id):
        return None
    return _with(before, one, flags if own else flags - OF_INSTANCE)


def _with(record: Record, one: Record, flags: set[str]) -> Record:
    """A record with what these flags stand for taken from another one."""
    names = {name for flag in flags for name in TOUCHES.get(flag, (flag,))}
    return replace(record, **{name: getattr(one, name) for name in names if name in one.__struct_fields__})


def _new_part(one: Record, subject: Record, flags: set[str]) -> Record | None:
    if isinstance(one, Port) and isinstance(subject, Router) and one.device_id == subject.id:
        return replace(one, stack=subject.stack)
    implied = one.stack == IMPLIED and one.kind in ("security_group", "security_group_rule")
    return one if implied and "security_groups" in flags else None


def _parts_gone(router: Router, flags: set[str], declared: set[Key], estate: Estate) -> list[Key]:
    """What was part of a router and, as it is now, no longer is."""
    ports: list[Port] = estate.find("port.device", router.id)
    outer = gateway_ports(estate.get(Router, router.id) or router, ports)
    inner = [port for port in ports if port.device_owner == ROUTER_INTERFACE]
    stand_for = dict(zip(PARTS, (inner, outer[:1], outer[1:]), strict=True))
    gone = [port.key for flag in flags for port in stand_for.get(flag, ()) if port.key not in declared]
    return gone + [each.key for each in placements_gone(router, estate.find("placement.subject", router.id))]


def removal(records: Iterable[Record], estate: Estate) -> Wanted:
    """What deleting records means: their parts go with them, floating IPs of deleted ports stay, unused."""
    removed: dict[Key, Record] = {}
    for record in records:
        removed[record.key] = record
        removed.update((part.key, part) for part in _parts(record, estate))
    freed = [
        replace(floating, port_id="", fixed_ip_address="", router_id="")
        for port in removed.values()
        if isinstance(port, Port)
        for floating in estate.find("floating_ip.port", port.id)
        if floating.key not in removed
    ]
    return Wanted(list(freed), list(removed))


def _parts(record: Record, estate: Estate) -> list[Record]:
    """What is part of a record and goes with it."""
    if isinstance(record, Router):
        return [*estate.find("port.device", record.id), *estate.find("placement.subject", record.id)]
    if isinstance(record, Instance):
        ports = estate.find("port.device", record.id)
        return [*ports, *(each for port in ports for each in _parts(port, estate))]
    if isinstance(record, SecurityGroup):
        return [*estate.find("rule.group", record.id), *estate.find("log.group", record.id)]
    if isinstance(record, FloatingIP):
        return list(estate.find("port_forwarding.floating_ip", record.id))
    if isinstance(record, Port):
        return [*estate.find("port_forwarding.port", record.id), *estate.find("log.port", record.id)]
    if isinstance(record, QosPolicy):
        return [rule for kind in QOS_RULES for rule in estate.find(f"{kind.kind}.policy", record.id)]
    return list(estate.find("subnet.network", record.id)) if isinstance(record, Network) else []


def settable(kind: Kind) -> frozenset[str]:
    """The names of the fields that `set` knows."""
    left_out = NOT_SETTABLE.get(kind.name, frozenset())
    return frozenset(each.field.name for each in flags_of(kind)) - left_out
