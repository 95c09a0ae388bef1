"""Who may use what is not theirs: what is shared with everyone, and what RBAC policies grant."""

from __future__ import annotations

from cpal.model.estate import Estate
from cpal.model.network import Network
from cpal.model.rbac import EVERYONE, EXTERNAL, SHARED, RbacPolicy, grant
from cpal.model.record import Record


def is_shared(estate: Estate, record: Record, project_id: str) -> bool:
    """Whether the record is shared with the project, which need not have it."""
    return getattr(record, "shared", False) or _is_granted(estate, record.id, SHARED, project_id)


def is_external(estate: Estate, network: Network, project_id: str) -> bool:
    """Whether the network is one that the project's routers may lead to; policies that name some leave out others."""
    if not network.external:
        return False
    return not estate.ids("rbac_policy.external", network.id) or _is_granted(estate, network.id, EXTERNAL, project_id)


def _is_granted(estate: Estate, id: str, action: str, project_id: str) -> bool:
    if not estate.count(RbacPolicy):
        return False
    targets = (EVERYONE, project_id) if project_id else (EVERYONE,)
    return any(estate.holder(grant(id, action, target)) is not None for target in targets)
