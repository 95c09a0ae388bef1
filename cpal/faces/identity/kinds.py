"""What each kind of thing holds: its fields, what is required, fixed and assumed. Unknown fields are kept as given.

Source: https://docs.openstack.org/api-ref/identity/v3/ (each resource's table of parameters)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cpal.faces.identity.faults import invalid_field

Entity = dict[str, Any]
"""A thing as the API shows it, without its links."""

TYPES: dict[str, type] = {"string": str, "boolean": bool, "array": list, "object": dict}
DEEPEST = 24
"""How deeply lists and objects may nest in a body: deep enough for all, shallow enough to be sent back."""
LONGEST_PASSWORD = 4096


class Field(NamedTuple):
    """What a value has to be.

    `least` and `most` bound the length of a text, where they are not 0. A `secret` one is in no message.
    """

    type: str = "string"
    least: int = 0
    most: int = 0
    pattern: str = ""
    choices: tuple[str, ...] = ()
    nullable: bool = False
    items: Field | None = None
    secret: bool = False


class Kind(NamedTuple):
    """A kind of thing.

    Names are unique among things of the kind with the same value of the attribute `space` ("" is: among all of them).
    `fixed` attributes cannot change, `filters` may be asked for in a listing's query. `title` is what faults call it.
    """

    name: str
    plural: str
    fields: Mapping[str, Field]
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = {}
    space: str = ""
    fixed: tuple[str, ...] = ()
    filters: tuple[str, ...] = ("name",)
    title: str = ""

    @property
    def called(self) -> str:
        """What faults call it."""
        return self.title or self.name


ID = Field(least=1, most=64, pattern=r"^[a-zA-Z0-9-]+$")
NAME = Field(least=1, most=255, pattern=r"\S")
NAME_64 = Field(least=1, most=64, pattern=r"\S")
TEXT = Field(nullable=True)
FLAG = Field("boolean")
OPTIONS = Field("object", nullable=True)
TAGS = Field("array", items=Field(least=1, most=255, pattern=r"^[^,/]*$"))
PASSWORD = Field(nullable=True, most=LONGEST_PASSWORD, secret=True)
"""A password to keep, or none."""
SECRET = Field(secret=True)
"""A password or other secret that is tried."""
REGION_ID = Field(least=1, most=255, nullable=True)

DOMAIN = Kind(
    "domain",
    "domains",
    {"name": NAME_64, "description": TEXT, "enabled": FLAG, "tags": TAGS, "options": OPTIONS},
    required=("name",),
    defaults={"description": "", "enabled": True, "tags": [], "options": {}},
    filters=("name", "enabled"),
)
PROJECT = Kind(
    "project",
    "projects",
    {
        "name": NAME_64,
        "description": TEXT,
        "domain_id": ID._replace(nullable=True),
        "parent_id": ID._replace(nullable=True),
        "enabled": FLAG,
        "is_domain": FLAG,
        "tags": TAGS,
        "options": OPTIONS,
    },
    required=("name",),
    defaults={"description": "", "enabled": True, "is_domain": False, "tags": [], "options": {}},
    space="domain_id",
    fixed=("domain_id", "parent_id", "is_domain"),
    filters=("name", "domain_id", "enabled", "parent_id", "is_domain"),
)
USER = Kind(
    "user",
    "users",
    {
        "name": NAME,
        "description": TEXT,
        "domain_id": ID,
        "default_project_id": TEXT,
        "enabled": FLAG,
        "options": OPTIONS,
    },
    required=("name",),
    defaults={"enabled": True, "options": {}, "password_expires_at": None},
    space="domain_id",
    fixed=("domain_id",),
    filters=("name", "domain_id", "enabled"),
)
GROUP = Kind(
    "group",
    "groups",
    {"name": NAME_64, "description": TEXT, "domain_id": ID},
    required=("name",),
    defaults={"description": ""},
    space="domain_id",
    fixed=("domain_id",),
    filters=("name", "domain_id"),
)
ROLE = Kind(
    "role",
    "roles",
    {"name": NAME, "description": TEXT, "domain_id": ID._replace(nullable=True), "options": OPTIONS},
    required=("name",),
    defaults={"description": None, "domain_id": None, "options": {}},
    space="domain_id",
    fixed=("domain_id",),
    filters=("name",),
)
REGION = Kind(
    "region",
    "regions",
    {"id": REGION_ID, "description": TEXT, "parent_region_id": REGION_ID},
    defaults={"description": "", "parent_region_id": None},
    space="id",
    filters=("parent_region_id",),
)
REGION_NAME = "RegionOne"
"""The region that cpal's own services are in."""
SERVICE = Kind(
    "service",
    "services",
    {"name": Field(most=255), "type": Field(least=1, most=255), "description": TEXT, "enabled": FLAG},
    required=("type",),
    defaults={"enabled": True, "name": ""},
    space="id",
    filters=("name", "type"),
)
ENDPOINT = Kind(
    "endpoint",
    "endpoints",
    {
        "interface": Field(choices=("admin", "internal", "public")),
        "region_id": REGION_ID,
        "region": REGION_ID,
        "service_id": ID,
        "url": Field(least=1, most=225, pattern=r"^[a-zA-Z0-9+.-]+:.+"),
        "enabled": FLAG,
    },
    required=("interface", "service_id", "url"),
    defaults={"enabled": True, "region_id": None},
    space="id",
    filters=("interface", "service_id", "region_id"),
)
APPLICATION_CREDENTIAL = Kind(
    "application_credential",
    "application_credentials",
    {
        "name": NAME,
        "description": TEXT,
        "secret": PASSWORD,
        "expires_at": TEXT,
        "unrestricted": FLAG._replace(nullable=True),
        "roles": Field("array", items=Field("object")),
        "access_rules": Field("array", items=Field("object")),
    },
    required=("name",),
    defaults={"description": None, "unrestricted": False, "expires_at": None},
    space="user_id",
    title="Application Credential",
)
ACCESS_RULE = Kind(
    "access_rule",
    "access_rules",
    {
        "id": ID,
        "service": ID,
        "path": Field(most=128, pattern="^/"),
        "method": Field(choices=("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")),
    },
    space="user_id",
    filters=("service", "path", "method"),
    title="Access Rule",
)
KINDS = (DOMAIN, PROJECT, USER, GROUP, ROLE, REGION, SERVICE, ENDPOINT, APPLICATION_CREDENTIAL, ACCESS_RULE)


def check(fields: Mapping[str, Field], content: Entity, required: tuple[str, ...] = ()) -> Entity:
    """What a body says of a thing, if it is right.

    Raises:
        Invalid: a field is not what it has to be, or one is missing.
    """
    if not shallow(content, DEEPEST):
        raise invalid_field("", "the body is nested too deeply")
    for name in required:
        if name not in content:
            raise invalid_field("", f"'{name}' is a required property")
    for name, value in content.items():
        for problem in problems(fields[name], value) if name in fields else ():
            raise invalid_field(name, problem)
    return content


def problems(field: Field, value: object) -> Iterator[str]:
    """What is wrong with a value, in the words of JSON Schema.

    Source: https://json-schema.org/draft/2020-12/json-schema-validation
    """
    if value is None and field.nullable:
        return
    if not isinstance(value, TYPES[field.type]):
        yield f"{_shown(field, value)} is not of type '{field.type}'"
    elif isinstance(value, str):
        yield from text_problems(field, value)
    elif isinstance(value, list) and field.items:
        yield from (problem for each in value for problem in problems(field.items, each))


def text_problems(field: Field, value: str) -> Iterator[str]:
    """What is wrong with a text."""
    if len(value) < field.least:
        yield f"{_shown(field, value)} is too short"
    if field.most and len(value) > field.most:
        yield f"{_shown(field, value)} is too long"
    if field.pattern and not re.search(field.pattern, value):
        yield f"{_shown(field, value)} does not match {field.pattern!r}"
    if field.choices and value not in field.choices:
        yield f"{_shown(field, value)} is not one of {list(field.choices)!r}"


def _shown(field: Field, value: object) -> str:
    """A value as a message shows it."""
    text = "the value" if field.secret else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def shallow(value: object, levels: int) -> bool:
    """Whether nothing in a value nests deeper than so many levels."""
    if isinstance(value, dict):
        return levels > 0 and all(shallow(each, levels - 1) for each in value.values())
    if isinstance(value, list):
        return levels > 0 and all(shallow(each, levels - 1) for each in value)
    return True
