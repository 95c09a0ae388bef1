"""The Estate: every record at one revision, immutable, indexed, with what each claims.

A change gives a new Estate that shares all but the path to what changed (hash array mapped tries), so that one more
port into a hundred thousand costs microseconds, and an old revision stays readable as long as someone holds it.

`INDEXES` names each way records are looked up by a field. A look-up answers with a bucket of ids: a tuple while few,
a Map when many. References between records are indexes too, so that what still needs a record is found at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol, TypeVar

import immutables

from cpal.model.acl import Acl
from cpal.model.address_scope import AddressScope
from cpal.model.bgp import Bgp
from cpal.model.claims import claims_of
from cpal.model.classifier import Classifier
from cpal.model.default_rules import PARENT, DefaultSecurityGroupRule
from cpal.model.instance import Instance
from cpal.model.log import Log
from cpal.model.mlag import Mlag
from cpal.model.network import DISTRIBUTED, ROUTER_INTERFACE, Network, Port, Segment, Subnet
from cpal.model.ospf import Ospf
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import (
    QOS_RULES,
    QosBandwidthLimitRule,
    QosDscpMarkingRule,
    QosMinimumBandwidthRule,
    QosPolicy,
)
from cpal.model.quota import Quota
from cpal.model.rbac import EVERYONE, EXTERNAL, RbacPolicy
from cpal.model.record import Claim, Key, Record
from cpal.model.router import FloatingIP, Router
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.subnet_pool import SubnetPool
from cpal.model.switch import ON_DEVICES, Interface, Lag, NtpServer, Route, Stp, SyslogServer, Vlan, Vrf
from cpal.model.target import Host, OutsideHost, Placement, Project, Target
from cpal.model.trunk import Trunk

RECORD_TYPES: tuple[type[Record], ...] = (
    Project, Target, Host, OutsideHost, AddressScope, SubnetPool, QosPolicy, *QOS_RULES, Network, Subnet, AddressGroup,
    SecurityGroup, SecurityGroupRule, DefaultSecurityGroupRule, Router, Instance, Port, Trunk, FloatingIP,
    PortForwarding, Log, Placement, Quota, RbacPolicy, Vlan, Vrf, Interface, Route,
    NtpServer, SyslogServer, Lag, Mlag, Stp, Acl, Ospf, Bgp, Classifier,
)  # fmt: skip
"""Every type of record, each after what it refers to."""

KINDS: dict[str, type[Record]] = {cls.kind: cls for cls in RECORD_TYPES}

AnyRecord = (
    Project | Target | Host | OutsideHost | AddressScope | SubnetPool | QosPolicy | QosBandwidthLimitRule
    | QosDscpMarkingRule | QosMinimumBandwidthRule | Network | Subnet | AddressGroup | SecurityGroup
    | SecurityGroupRule | DefaultSecurityGroupRule | Router | Instance | Port | Trunk | FloatingIP | PortForwarding
    | Log | Placement | Quota | RbacPolicy | Vlan | Vrf | Interface | Route | NtpServer | SyslogServer | Lag | Mlag
    | Stp | Acl | Ospf | Bgp | Classifier
)  # fmt: skip
"""The tagged union, for decoding."""

_new_key = tuple.__new__
"""Makes a Key at half the cost: changes are asked for theirs everywhere."""
R = TypeVar("R", bound=Record)
Bucket = tuple[str, ...] | immutables.Map[str, None]
FEW = 8


class Index(NamedTuple):
    """How records of `kind` are found by a value: `values(record)` are those it is filed under."""

    kind: str
    values: Callable[[Any], Iterable[str]]
    refers_to: str = ""
    """The kind whose ids the values are, when the index is a reference; else ""."""
    field: str = ""
    """The field that holds the reference, for messages."""


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _gateway_network(router: Router) -> tuple[str, ...]:
    return router.external_networks


def _gateway_policy(router: Router) -> tuple[str, ...]:
    return _one(router.external_gateway_info.qos_policy_id) if router.external_gateway_info else ()


def _subnets(port: Port) -> tuple[str, ...]:
    return tuple(fixed.subnet_id for fixed in port.fixed_ips or ())


def _routed_subnets(port: Port) -> tuple[str, ...]:
    return _subnets(port) if port.device_owner == ROUTER_INTERFACE else ()


def _distributed(port: Port) -> tuple[str, ...]:
    return (port.network_id,) if port.device_owner == DISTRIBUTED else ()


def segment(physical_network: str, vlan: int | None) -> str:
    """The value under which `outside_host.segment` files who is on a physical network, untagged (None) or in a VLAN."""
    return f"{physical_network} {'untagged' if vlan is None else vlan}"


def places_of(network: Network) -> tuple[str, ...]:
    """The values under which those are filed who are on the physical networks that a network is on."""
    if not network.physical_network:
        return ()
    carried: tuple[Network | Segment, ...] = (network, *network.more_segments)
    return tuple(segment(each.physical_network, each.segmentation_id) for each in carried)


INDEXES: dict[str, Index] = {
    "target.name": Index("target", lambda r: _one(r.name)),
    "target.endpoint": Index("target", lambda r: tuple(r.endpoints)),
    **{f"{kind}.device": Index(kind, lambda r: r.devices) for kind in (*ON_DEVICES, "interface")},
    "mlag.domain": Index("mlag", lambda r: (r.domain,)),
    "interface.network": Index("interface", lambda r: r.networks, "network", "networks"),
    "host.name": Index("host", lambda r: _one(r.name)),
    "host.physical_network": Index("host", lambda r: r.physical_networks),
    "outside_host.segment": Index("outside_host", lambda r: (segment(r.physical_network, r.segmentation_id),)),
    "network.leaf": Index("network", lambda r: r.leaves),
    "network.vlan": Index("network", lambda r: _one(str(r.switch_vlan or ""))),
    "network.physical_network": Index("network", lambda r: r.physical_networks),
    "network.segment": Index("network", lambda r: tuple(each.id for each in r.segments)),
    "subnet.network": Index("subnet", lambda r: (r.network_id,), "network", "network_id"),
    "subnet.routed": Index("subnet", lambda r: (r.network_id,) if r.physical_network else ()),
    "subnet.pool": Index("subnet", lambda r: _one(r.subnetpool_id), "subnet_pool", "subnetpool_id"),
    "subnet_pool.scope": Index("subnet_pool", lambda r: _one(r.address_scope_id), "address_scope", "address_scope_id"),
    "port.network": Index("port", lambda r: (r.network_id,), "network", "network_id"),
    "port.subnet": Index("port", _subnets, "subnet", "fixed_ips"),
    "port.security_group": Index("port", lambda r: r.security_groups or (), "security_group", "security_groups"),
    "port.device": Index("port", lambda r: _one(r.device_id)),
    "port.routed_subnet": Index("port", _routed_subnets),
    "port.distributed": Index("port", _distributed),
    "port.secured": Index("port", lambda r: ("yes",) if r.port_security_enabled else ()),
    "trunk.port": Index("trunk", lambda r: (r.port_id,), "port", "port_id"),
    "trunk.subport": Index("trunk", lambda r: tuple(each.port_id for each in r.sub_ports), "port", "sub_ports"),
    "router.gateway": Index("router", _gateway_network, "network", "external_gateway_info"),
    "floating_ip.network": Index("floating_ip", lambda r: (r.floating_network_id,), "network", "floating_network_id"),
    "floating_ip.floating_port": Index("floating_ip", lambda r: (r.floating_port_id,)),
    "floating_ip.port": Index("floating_ip", lambda r: _one(r.port_id), "port", "port_id"),
    "floating_ip.router": Index("floating_ip", lambda r: _one(r.router_id), "router", "router_id"),
    "port_forwarding.floating_ip": Index(
        "port_forwarding", lambda r: (r.floatingip_id,), "floating_ip", "floatingip_id"
    ),
    "log.group": Index("log", lambda r: _one(r.resource_id), "security_group", "resource_id"),
    "log.port": Index("log", lambda r: _one(r.target_id), "port", "target_id"),
    "log.of_groups_of": Index("log", lambda r: (r.project_id,) if r.is_of_project else ()),
    "log.of_port": Index("log", lambda r: ("yes",) if r.target_id and not r.resource_id else ()),
    "log.enabled": Index("log", lambda r: ("yes",) if r.enabled else ()),
    "port_forwarding.port": Index("port_forwarding", lambda r: (r.internal_port_id,), "port", "internal_port_id"),
    "rule.group": Index("security_group_rule", lambda r: (r.security_group_id,), "security_group", "security_group_id"),
    "rule.remote_group": Index(
        "security_group_rule", lambda r: _one(r.remote_group_id), "security_group", "remote_group_id"
    ),
    "rule.remote_address_group": Index(
        "security_group_rule",
        lambda r: _one(r.remote_address_group_id),
        "address_group",
        "remote_address_group_id",
    ),
    **{
        f"{kind.kind}.policy": Index(kind.kind, lambda r: (r.qos_policy_id,), "qos_policy", "qos_policy_id")
        for kind in QOS_RULES
    },
    **{
        f"{kind}.qos_policy": Index(kind, lambda r: _one(r.qos_policy_id), "qos_policy", "qos_policy_id")
        for kind in ("network", "port", "floating_ip")
    },
    "router.qos_policy": Index("router", _gateway_policy, "qos_policy", "external_gateway_info"),
    "default_rule.remote_group": Index(
        "default_security_group_rule",
        lambda r: _one(r.remote_group_id) if r.remote_group_id != PARENT else (),
        "security_group",
        "remote_group_id",
    ),
    "default_rule.remote_address_group": Index(
        "default_security_group_rule",
        lambda r: _one(r.remote_address_group_id),
        "address_group",
        "remote_address_group_id",
    ),
    "rbac_policy.object": Index("rbac_policy", lambda r: (r.object_id,)),
    "rbac_policy.external": Index("rbac_policy", lambda r: (r.object_id,) if r.action == EXTERNAL else ()),
    "network.open": Index("network", lambda r: (EVERYONE,) if r.shared or r.external else ()),
    **{
        f"{kind}.open": Index(kind, lambda r: (EVERYONE,) if r.shared else ())
        for kind in ("address_scope", "subnet_pool", "qos_policy")
    },
    "instance.host": Index("instance", lambda r: _one(r.host)),
    "placement.subject": Index("placement", lambda r: (r.subject_id,)),
    "placement.host": Index("placement", lambda r: r.hosts),
    **{
        f"{kind}.project": Index(kind, lambda r: _one(r.project_id))
        for kind in (
            "network",
            "subnet",
            "port",
            "trunk",
            "router",
            "floating_ip",
            "log",
            "security_group",
            "security_group_rule",
            "address_group",
            "address_scope",
            "subnet_pool",
            "qos_policy",
            "rbac_policy",
            "quota",
        )
    },
}
"""Every look-up by field that render, checks and reach may make."""

INDEXES_OF_KIND: dict[str, tuple[tuple[str, Index], ...]] = {
    kind: tuple((name, index) for name, index in INDEXES.items() if index.kind == kind) for kind in KINDS
}
_VALUES_OF_KIND = {kind: [(name, each.values) for name, each in found] for kind, found in INDEXES_OF_KIND.items()}
REFERENCES_TO: dict[str, tuple[str, ...]] = {
    kind: tuple(name for name, index in INDEXES.items() if index.refers_to == kind) for kind in KINDS
}


class Change(NamedTuple):
    """One record before and after; None is absence. At least one is a record, and both have the same key."""

    before: Record | None
    after: Record | None

    @property
    def key(self) -> Key:
        """The key of the record that changes."""
        before, after = self
        record = before if after is None else after
        if record is None:
            raise ValueError("a change needs a record before or after")
        return _new_key(Key, (record.kind, record.id))


class Collision(NamedTuple):
    """Two records that claim the same thing."""

    claim: Claim
    holder: Key
    other: Key


class LookUps(Protocol):
    """What records are looked up in: an estate, or a view of one."""

    def get(self, record_type: type[R], id: str) -> R | None:
        """The record of this type and id, or None."""

    def find(self, index: str, value: str) -> list[Any]:
        """The records filed under `value` in the named index, by id."""


class Estate:
    """All records at one revision. Make one with `EMPTY.replace(changes)`; never mutate."""

    __slots__ = ("_claims", "_indexes", "_records", "collisions", "revision")

    def __init__(
        self,
        records: dict[str, immutables.Map[str, Any]],
        indexes: dict[str, immutables.Map[str, Bucket]],
        claims: immutables.Map[Claim, Key],
        revision: int = 0,
        collisions: tuple[Collision, ...] = (),
    ) -> None:
        self._records = records
        self._indexes = indexes
        self._claims = claims
        self.revision = revision
        self.collisions = collisions

    def get(self, record_type: type[R], id: str) -> R | None:
        """The record of this type and id, or None."""
        found: R | None = self._records[record_type.kind].get(id)
        return found

    def by_key(self, key: Key) -> Record | None:
        """The record with this key, or None."""
        found: Record | None = self._records[key.kind].get(key.id)
        return found

    def all(self, record_type: type[R]) -> Iterator[R]:
        """Every record of the type, in no particular order."""
        return iter(self._records[record_type.kind].values())

    def count(self, record_type: type[Record]) -> int:
        """How many records of the type there are."""
        return len(self._records[record_type.kind])

    def records(self) -> Iterator[Record]:
        """Every record, kinds in the order of `RECORD_TYPES`."""
        for kind in KINDS:
            yield from self._records[kind].values()

    def ids(self, index: str, value: str) -> Bucket:
        """The ids filed under `value` in the named index."""
        return self._indexes[index].get(value, ())

    def find(self, index: str, value: str) -> list[Any]:
        """The records filed under `value` in the named index, by id."""
        ids = self._indexes[index].get(value)
        if not ids:
            return []
        records = self._records[INDEXES[index].kind]
        return [records[id] for id in sorted(ids)]

    def nothing_more(self, index: str, value: str) -> None:
        """Say that a conclusion rests on nothing more being filed under `value`: here all is known, so it may."""

    def no_others(self, record_type: type[Record]) -> None:
        """Say that a conclusion rests on there being no other records of the type."""

    def holder(self, claim: Claim) -> Key | None:
        """Who holds a claim, or None."""
        return self._claims.get(claim)

    def claims(self) -> Iterator[tuple[Claim, Key]]:
        """Every claim with its holder."""
        return iter(self._claims.items())

    def replace(self, changes: Iterable[Change], revision: int | None = None) -> Estate:
        """The estate after the changes, at `revision` (default: the present one)."""
        return _Edit(self).run(changes, self.revision if revision is None else revision)

    def changes_to(self, other: Estate) -> list[Change]:
        """What turns this estate into `other`, kinds in order."""
        found = []
        for kind in KINDS:
            mine, theirs = self._records[kind], other._records[kind]
            if mine is theirs:
                continue
            found += [Change(old, theirs.get(id)) for id, old in mine.items() if theirs.get(id) != old]
            found += [Change(None, new) for id, new in theirs.items() if id not in mine]
        return found


class _Edit:
    """One batch of changes, made on mutations of the maps they touch."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.records: dict[str, Any] = {}
        self.members: dict[str, dict[str, tuple[list[str], list[str]]]] = {}
        self.claims = estate._claims.mutate()
        self.contested: list[tuple[Claim, Key]] = []

    def run(self, changes: Iterable[Change], revision: int) -> Estate:
        done = list(changes)
        for before, _ in done:
            if before is not None:
                self._drop(before)
        for _, after in done:
            if after is not None:
                self._add(after)
        collisions = self._collisions()
        return Estate(
            self.estate._records | {kind: edit.finish() for kind, edit in self.records.items()},
            self._indexes(),
            self.claims.finish(),
            revision,
            collisions,
        )

    def _table(self, kind: str) -> Any:
        if kind not in self.records:
            self.records[kind] = self.estate._records[kind].mutate()
        return self.records[kind]

    def _file(self, record: Record, side: int) -> None:
        """Note under which values a record was filed (side 0) or is to be (side 1)."""
        id, members = record.id, self.members
        for name, values_of in _VALUES_OF_KIND[record.kind]:
            for value in values_of(record):
                if name not in members:
                    members[name] = {value: ([], [])}
                elif value not in members[name]:
                    members[name][value] = ([], [])
                members[name][value][side].append(id)

    def _drop(self, record: Record) -> None:
        del self._table(record.kind)[record.id]
        self._file(record, 0)
        key = record.key
        for claim in claims_of(record):
            if self.claims.get(claim) == key:
                del self.claims[claim]

    def _add(self, record: Record) -> None:
        self._table(record.kind)[record.id] = record
        self._file(record, 1)
        key = record.key
        for claim in claims_of(record):
            holder = self.claims.get(claim)
            if holder is None:
                self.claims[claim] = key
            elif holder != key:
                self.contested.append((claim, key))

    def _indexes(self) -> dict[str, immutables.Map[str, Bucket]]:
        indexes = self.estate._indexes.copy()
        for name, members in self.members.items():
            if len(members) == 1:
                [(value, sides)] = members.items()
                indexes[name] = _refiled(indexes[name], value, *sides)
                continue
            edit = indexes[name].mutate()
            for value, (left, joined) in members.items():
                bucket = _changed(edit.get(value, ()), left, joined)
                if bucket:
                    edit[value] = bucket
                elif value in edit:
                    del edit[value]
            indexes[name] = edit.finish()
        return indexes

    def _collisions(self) -> tuple[Collision, ...]:
        if not (self.contested or self.estate.collisions):
            return ()
        candidates = [(found.claim, found.other) for found in self.estate.collisions] + self.contested
        standing = []
        for claim, other in candidates:
            record = self._table(other.kind).get(other.id)
            holder = self.claims.get(claim)
            if record is None or claim not in claims_of(record):
                continue
            if holder is None:
                self.claims[claim] = other
            elif holder != other:
                standing.append(Collision(claim, holder, other))
        return tuple(standing)


def _refiled(
    index: immutables.Map[str, Bucket], value: str, left: list[str], joined: list[str]
) -> immutables.Map[str, Bucket]:
    """The index after some ids left the bucket of one value and others joined it."""
    bucket = _changed(index.get(value, ()), left, joined)
    if bucket:
        return index.set(value, bucket)
    return index.delete(value) if value in index else index


def _changed(bucket: Bucket, left: list[str], joined: list[str]) -> Bucket:
    """The bucket after some ids left it and others joined."""
    if isinstance(bucket, tuple) and len(bucket) + len(joined) <= FEW:
        if not bucket:
            return tuple(dict.fromkeys(joined))
        return tuple(dict.fromkeys([*(id for id in bucket if id not in left), *joined]))
    members = immutables.Map(dict.fromkeys(bucket)) if isinstance(bucket, tuple) else bucket
    if not left and len(joined) == 1:
        return members.set(joined[0], None)
    edit = members.mutate()
    for id in left:
        if id in edit:
            del edit[id]
    for id in joined:
        edit[id] = None
    return edit.finish()


EMPTY = Estate(
    {kind: immutables.Map() for kind in KINDS},
    {name: immutables.Map() for name in INDEXES},
    immutables.Map(),
)
"""The estate with nothing in it, at revision 0."""
