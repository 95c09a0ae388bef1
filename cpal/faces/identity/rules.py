"""Who may do what: Keystone's defaults, with scopes enforced.

An administrator is who has the role `admin` on a project or on the system; what is of no domain (roles, services,
regions, domains) is not for one of a domain. `reader` on the system may look at everything.

Source: https://docs.openstack.org/keystone/latest/configuration/policy.html
"""

from __future__ import annotations

from collections.abc import Mapping

from cpal.faces.identity.realm import Rule
from cpal.faces.identity.standing import Bearer

Names = Mapping[str, str]


def known(bearer: Bearer, names: Names) -> bool:
    """Anybody with a token."""
    return True


def admin(bearer: Bearer, names: Names) -> bool:
    """An administrator."""
    return bearer.context.is_admin


def reader(bearer: Bearer, names: Names) -> bool:
    """Who may look at everything."""
    return admin(bearer, names) or (bool(bearer.context.system_scope) and "reader" in bearer.context.roles)


def own(bearer: Bearer, names: Names) -> bool:
    """The user that the path names."""
    return names["user_id"] == bearer.context.user_id


def admin_or_own(bearer: Bearer, names: Names) -> bool:
    """An administrator, or the user that the path names."""
    return admin(bearer, names) or own(bearer, names)


def reader_or_own(bearer: Bearer, names: Names) -> bool:
    """Who may look at everything, or the user that the path names."""
    return reader(bearer, names) or own(bearer, names)


def reader_or_own_project(bearer: Bearer, names: Names) -> bool:
    """Who may look at everything, or whose token is for the project that the path names."""
    return reader(bearer, names) or names["project_id"] == bearer.context.project_id


def reader_or_own_domain(bearer: Bearer, names: Names) -> bool:
    """Who may look at everything, or whose token is for the domain that the path names or a project in it."""
    here = (bearer.context.domain_id, bearer.context.project_domain_id)
    return reader(bearer, names) or names["domain_id"] in here


RULES: tuple[Rule, ...] = (
    known,
    admin,
    reader,
    own,
    admin_or_own,
    reader_or_own,
    reader_or_own_project,
    reader_or_own_domain,
)
"""All of them."""
