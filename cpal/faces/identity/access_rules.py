"""Access rules: which requests an application credential is for, where it is not for all of them.

A path is written with `{tag}` and `*` for one part of it, `**` for any number. An identity service tells of rules only
who says that they are kept (`HEADER`); of a token that has some it tells others nothing.

Source: https://docs.openstack.org/keystone/latest/user/application_credentials.html (access rules), and
keystonemiddleware.auth_token, whose readings of a path these are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec import Struct

HEADER = ("OpenStack-Identity-Access-Rules", "1")
"""Says that who asks of a token keeps its rules: of the first version, or a later one."""
_WORD = re.compile(r"\{[^}]*\}|\*\*|\*|[^{}*]+")


class AccessRule(Struct, frozen=True):
    """A request that may be made: the type of the service, the method, and the path as it is written."""

    service: str
    method: str
    path: str


def allow(rules: Iterable[AccessRule], service: str, method: str, path: str) -> bool:
    """Whether one of the rules is of such a request."""
    return any(
        rule.service == service and rule.method == method and _pattern(rule.path).fullmatch(path) for rule in rules
    )


def keeps(headers: Mapping[str, str]) -> bool:
    """Whether a request is by one that says that it keeps access rules."""
    name, first = HEADER
    try:
        return float(headers.get(name.lower(), "")) >= float(first)
    except ValueError:
        return False


@lru_cache(maxsize=1000)
def _pattern(written: str) -> re.Pattern[str]:
    def of(word: str) -> str:
        if word == "**":
            return ".*"
        return "[^/]+" if word == "*" or word.startswith("{") else re.escape(word)

    return re.compile("".join(of(word) for word in _WORD.findall(written)))
