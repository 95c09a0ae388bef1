"""Revisions of records: which grow with others, and what a client says it saw of one before it changes it.

Source: extensions standard-attr-revisions, revision-if-match; `revises_on_change` of Neutron's database models.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cpal.core.proposal import Proposal
from cpal.faces.http.message import Request
from cpal.faces.neutron.fault import ApiFault, bad_request
from cpal.faces.neutron.scene import Scene
from cpal.model.estate import Change, Estate
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QOS_RULES, QosPolicy
from cpal.model.rbac import RbacPolicy
from cpal.model.record import Key, Record
from cpal.model.router import FloatingIP, Router
from cpal.model.security import SecurityGroup, SecurityGroupRule

_ROUTER_PORTS = (ROUTER_INTERFACE, ROUTER_GATEWAY)
REVISES: Mapping[type[Record], Callable[[Any], tuple[Key, ...]]] = {
    Subnet: lambda subnet: (Key(Network.kind, subnet.network_id),),
    RbacPolicy: lambda policy: (
        (Key(policy.object_type, policy.object_id),) if policy.object_type == Network.kind else ()
    ),
    SecurityGroupRule: lambda rule: (Key(SecurityGroup.kind, rule.security_group_id),),
    **dict.fromkeys(QOS_RULES, lambda rule: (Key(QosPolicy.kind, rule.qos_policy_id),)),
    PortForwarding: lambda each: (Key(FloatingIP.kind, each.floatingip_id), Key(Port.kind, each.internal_port_id)),
    Port: lambda port: (Key(Router.kind, port.device_id),) if port.device_owner in _ROUTER_PORTS else (),
}
"""The records whose revision grows when another is made, changed or deleted, by the kind of that."""
_TAG = "revision_number="
"""What an entity tag of If-Match begins with that tells a revision; others are let pass, as by Neutron."""
_QUOTED = re.compile(r'"([^"]*)"')
_REVISION = re.compile(r"-?[0-9]{1,18}")


def check_revision(scene: Scene, request: Request, record: Record) -> None:
    """Refuse where the client saw another revision.

    Raises:
        ApiFault: it did, or says what is no revision.
    """
    given = request.headers.get("if-match", "")
    tags = _QUOTED.findall(given) or [given.strip()]
    numbers = [tag.removeprefix(_TAG) for tag in tags if tag.startswith(_TAG)]
    if not numbers:
        return
    if len(numbers) > 1:
        raise bad_request("Bad if-match request: Multiple revision_number etags are not supported..", "BadRequest")
    if not _REVISION.fullmatch(numbers[0].strip()):
        message = "Revision number etag must be in the format of revision_number=<int>."
        raise bad_request(f"Bad if-match request: {message}", "BadRequest")
    age, number = scene.ages.get(record.key), int(numbers[0])
    if age is not None and age.changes != number:
        raise ApiFault(
            412, "RevisionNumberConstraintFailed", f"Constrained to {number}, but current revision is {age.changes}"
        )


def revised(proposal: Proposal, estate: Estate) -> Proposal:
    """The proposal with the records that become a revision older by it, and stay as they are otherwise."""
    keys = dict.fromkeys(key for change in proposal.changes for key in _revises(change))
    if not keys:
        return proposal
    changing = {change.key for change in proposal.changes}
    found = [record for key in keys if key not in changing and (record := estate.by_key(key)) is not None]
    return replace(proposal, changes=(*proposal.changes, *(Change(record, record) for record in found)))


def _revises(change: Change) -> Iterator[Key]:
    for record in change:
        find = REVISES.get(type(record)) if record is not None else None
        if find is not None:
            yield from find(record)
