"""The API as a table: method, path, who may, and what is done.

Source: https://docs.openstack.org/api-ref/identity/v3/
"""

from __future__ import annotations

from cpal.faces.identity import (
    api_access_rules,
    api_assignments,
    api_catalogue,
    api_credentials,
    api_grants,
    api_projects,
    api_roles,
    api_tokens,
    api_users,
    discovery,
    rules,
)
from cpal.faces.identity.api_entities import change, creation, empty, in_a_domain, listing, removal, showing
from cpal.faces.identity.kinds import DOMAIN, ENDPOINT, GROUP, REGION, ROLE, SERVICE, USER
from cpal.faces.identity.router import Route

TARGETS = ("/v3/projects/{project_id}", "/v3/domains/{domain_id}", "/v3/system")
ACTORS = ("users/{user_id}", "groups/{group_id}")
PLACES = tuple(f"{target}/{actor}/roles" for target in TARGETS for actor in ACTORS)
"""Where roles are given, for each target and actor."""
INHERITABLE = tuple(path.replace("/v3/", "/v3/OS-INHERIT/") for path in PLACES if "/system" not in path)
INHERITED = f"/{{role_id}}/{api_grants.INHERITED}"

GRANTS = (
    *(Route("GET", path, rules.reader, api_grants.list_given) for path in PLACES),
    *(Route("GET", f"{path}/{{role_id}}", rules.reader, api_grants.check_given) for path in PLACES),
    *(Route("PUT", f"{path}/{{role_id}}", rules.admin, api_grants.give) for path in PLACES),
    *(Route("DELETE", f"{path}/{{role_id}}", rules.admin, api_grants.take) for path in PLACES),
    *(Route("GET", f"{path}/{api_grants.INHERITED}", rules.reader, api_grants.list_given) for path in INHERITABLE),
    *(Route("GET", path + INHERITED, rules.reader, api_grants.check_given) for path in INHERITABLE),
    *(Route("PUT", path + INHERITED, rules.admin, api_grants.give) for path in INHERITABLE),
    *(Route("DELETE", path + INHERITED, rules.admin, api_grants.take) for path in INHERITABLE),
)
"""Roles given, checked, listed and taken back."""

AUTHENTICATION = (
    Route("GET", "/", None, discovery.list_versions),
    Route("GET", "/v3", None, discovery.show_version),
    Route("POST", "/v3/auth/tokens", None, api_tokens.issue),
    Route("GET", "/v3/auth/tokens", rules.known, api_tokens.look),
    Route("DELETE", "/v3/auth/tokens", rules.known, api_tokens.revoke),
    Route("GET", "/v3/auth/catalog", rules.known, api_catalogue.show_catalogue),
    Route("GET", "/v3/auth/projects", rules.known, api_tokens.list_projects),
    Route("GET", "/v3/auth/domains", rules.known, api_tokens.list_domains),
    Route("GET", "/v3/auth/system", rules.known, api_tokens.list_systems),
)

USERS = (
    Route("GET", "/v3/users", rules.reader, listing(USER)),
    Route("POST", "/v3/users", rules.admin, api_users.create_user),
    Route("GET", "/v3/users/{user_id}", rules.reader_or_own, showing(USER)),
    Route("PATCH", "/v3/users/{user_id}", rules.admin, api_users.update_user),
    Route("DELETE", "/v3/users/{user_id}", rules.admin, removal(USER)),
    Route("POST", "/v3/users/{user_id}/password", None, api_users.change_password),
    Route("GET", "/v3/users/{user_id}/projects", rules.reader_or_own, api_users.list_user_projects),
    Route("GET", "/v3/users/{user_id}/groups", rules.reader_or_own, api_users.list_user_groups),
    Route("GET", "/v3/groups", rules.reader, listing(GROUP)),
    Route("POST", "/v3/groups", rules.admin, creation(GROUP, in_a_domain)),
    Route("GET", "/v3/groups/{group_id}", rules.reader, showing(GROUP)),
    Route("PATCH", "/v3/groups/{group_id}", rules.admin, change(GROUP)),
    Route("DELETE", "/v3/groups/{group_id}", rules.admin, removal(GROUP)),
    Route("GET", "/v3/groups/{group_id}/users", rules.reader, api_users.list_members),
    Route("GET", "/v3/groups/{group_id}/users/{user_id}", rules.reader_or_own, api_users.check_member),
    Route("PUT", "/v3/groups/{group_id}/users/{user_id}", rules.admin, api_users.add_member),
    Route("DELETE", "/v3/groups/{group_id}/users/{user_id}", rules.admin, api_users.remove_member),
)

_CREDENTIALS = "/v3/users/{user_id}/application_credentials"
_CREDENTIAL = f"{_CREDENTIALS}/{{application_credential_id}}"
_ACCESS_RULES = "/v3/users/{user_id}/access_rules"
_ACCESS_RULE = f"{_ACCESS_RULES}/{{access_rule_id}}"
CREDENTIALS = (
    Route("GET", _CREDENTIALS, rules.reader_or_own, api_credentials.list_credentials),
    Route("POST", _CREDENTIALS, rules.own, api_credentials.create_credential),
    Route("GET", _CREDENTIAL, rules.reader_or_own, api_credentials.show_credential),
    Route("DELETE", _CREDENTIAL, rules.admin_or_own, api_credentials.delete_credential),
    Route("GET", _ACCESS_RULES, rules.reader_or_own, api_access_rules.list_rules),
    Route("GET", _ACCESS_RULE, rules.reader_or_own, api_access_rules.show_rule),
    Route("DELETE", _ACCESS_RULE, rules.admin_or_own, api_access_rules.delete_rule),
)

_PROJECT = "/v3/projects/{project_id}"
PROJECTS = (
    Route("GET", "/v3/domains", rules.reader, listing(DOMAIN)),
    Route("POST", "/v3/domains", rules.admin, api_projects.create_domain),
    Route("GET", "/v3/domains/{domain_id}", rules.reader_or_own_domain, showing(DOMAIN)),
    Route("PATCH", "/v3/domains/{domain_id}", rules.admin, api_projects.update_domain),
    Route("DELETE", "/v3/domains/{domain_id}", rules.admin, api_projects.delete_domain),
    Route("GET", "/v3/projects", rules.reader, api_projects.list_projects),
    Route("POST", "/v3/projects", rules.admin, api_projects.create_project),
    Route("GET", _PROJECT, rules.reader_or_own_project, api_projects.show_project),
    Route("PATCH", _PROJECT, rules.admin, api_projects.update_project),
    Route("DELETE", _PROJECT, rules.admin, api_projects.delete_project),
    Route("GET", f"{_PROJECT}/tags", rules.reader_or_own_project, api_projects.list_tags),
    Route("PUT", f"{_PROJECT}/tags", rules.admin, api_projects.set_tags),
    Route("DELETE", f"{_PROJECT}/tags", rules.admin, api_projects.delete_tags),
    Route("GET", f"{_PROJECT}/tags/{{value}}", rules.reader_or_own_project, api_projects.check_tag),
    Route("PUT", f"{_PROJECT}/tags/{{value}}", rules.admin, api_projects.add_tag),
    Route("DELETE", f"{_PROJECT}/tags/{{value}}", rules.admin, api_projects.delete_tag),
)

_IMPLIED = "/v3/roles/{prior_role_id}/implies/{implied_role_id}"
ROLES = (
    Route("GET", "/v3/roles", rules.reader, api_roles.list_roles),
    Route("POST", "/v3/roles", rules.admin, creation(ROLE, api_roles.of_a_domain)),
    Route("GET", "/v3/roles/{role_id}", rules.reader, showing(ROLE)),
    Route("PATCH", "/v3/roles/{role_id}", rules.admin, change(ROLE)),
    Route("DELETE", "/v3/roles/{role_id}", rules.admin, removal(ROLE)),
    Route("GET", "/v3/roles/{prior_role_id}/implies", rules.reader, api_roles.list_implied),
    Route("GET", _IMPLIED, rules.reader, api_roles.show_implied),
    Route("HEAD", _IMPLIED, rules.reader, api_roles.check_implied),
    Route("PUT", _IMPLIED, rules.admin, api_roles.imply),
    Route("DELETE", _IMPLIED, rules.admin, api_roles.imply_no_longer),
    Route("GET", "/v3/role_inferences", rules.reader, api_roles.list_inferences),
    Route("GET", "/v3/role_assignments", rules.reader, api_assignments.list_assignments),
)

CATALOGUE = (
    Route("GET", "/v3/regions", rules.known, listing(REGION)),
    Route("POST", "/v3/regions", rules.admin, api_catalogue.create_region),
    Route("PUT", "/v3/regions/{region_id}", rules.admin, api_catalogue.create_region),
    Route("GET", "/v3/regions/{region_id}", rules.known, showing(REGION)),
    Route("PATCH", "/v3/regions/{region_id}", rules.admin, change(REGION, api_catalogue.beside_its_parent)),
    Route("DELETE", "/v3/regions/{region_id}", rules.admin, api_catalogue.delete_region),
    Route("GET", "/v3/services", rules.reader, listing(SERVICE)),
    Route("POST", "/v3/services", rules.admin, creation(SERVICE)),
    Route("GET", "/v3/services/{service_id}", rules.reader, showing(SERVICE)),
    Route("PATCH", "/v3/services/{service_id}", rules.admin, change(SERVICE)),
    Route("DELETE", "/v3/services/{service_id}", rules.admin, removal(SERVICE)),
    Route("GET", "/v3/endpoints", rules.reader, listing(ENDPOINT)),
    Route("POST", "/v3/endpoints", rules.admin, creation(ENDPOINT, api_catalogue.in_its_place)),
    Route("GET", "/v3/endpoints/{endpoint_id}", rules.reader, showing(ENDPOINT)),
    Route("PATCH", "/v3/endpoints/{endpoint_id}", rules.admin, change(ENDPOINT, api_catalogue.moved)),
    Route("DELETE", "/v3/endpoints/{endpoint_id}", rules.admin, removal(ENDPOINT)),
    Route("GET", "/v3/limits", rules.known, empty("limits")),
    Route("GET", "/v3/registered_limits", rules.known, empty("registered_limits")),
)

ROUTES = (*AUTHENTICATION, *USERS, *CREDENTIALS, *PROJECTS, *ROLES, *GRANTS, *CATALOGUE)
"""The whole API."""
