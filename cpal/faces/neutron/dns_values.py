"""Names for a DNS service outside, as the API takes them: kept in lower case, and told of in Neutron's words.

Source: Networking API v2.0, extensions dns-integration and dns-domain-ports; RFC 1123, section 2.1.
"""

from __future__ import annotations

import re
from typing import Any

from cpal.faces.neutron.values import Inconvertible, described, said

LONGEST = 255
"""Characters of a name that is whole. Source: RFC 1035, section 2.3.4."""
_LABEL = re.compile(r"[a-z0-9-]{1,63}")
_TAIL = "([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_WRITTEN = rf"([A-Za-z0-9]{_TAIL}\.)*[A-Za-z]{_TAIL}"


@described(type="string", maxLength=LONGEST - 2, pattern=rf"^({_WRITTEN}\.)?$")
def dns_domain(value: Any) -> str:
    """A domain, which ends in a dot; empty is none."""
    found = _lower(value)
    if not found:
        return ""
    if not found.endswith("."):
        raise ValueError(f"'{said(found)}' is not a FQDN")
    _refuse_malformed(found)
    if len(found) > LONGEST - 2:
        raise ValueError(f"'{said(found)}' contains {len(found)} characters. Adding a sub-domain will cause it to "
                         f"exceed the maximum length of a FQDN of '{LONGEST}'")  # fmt: skip
    return found


@described(type="string", maxLength=LONGEST, pattern=rf"^({_WRITTEN}\.?)?$")
def dns_name(value: Any) -> str:
    """A name of a host; empty is none."""
    found = _lower(value)
    if found:
        _refuse_malformed(found)
    return found


@described(type="string", maxLength=LONGEST - 3, pattern=f"^({_WRITTEN})?$")
def relative_name(value: Any) -> str:
    """A name in a domain that is said beside it; empty is none."""
    found = _lower(value)
    if found.endswith("."):
        raise ValueError(f"'{said(found)}' is a FQDN. It should be a relative domain name")
    if found:
        _refuse_malformed(found)
    if len(found) > LONGEST - 3:
        raise ValueError(f"'{said(found)}' contains {len(found)} characters. Adding a domain name will cause it to "
                         f"exceed the maximum length of a FQDN of '{LONGEST}'")  # fmt: skip
    return found


def _lower(value: Any) -> str:
    if not isinstance(value, str):
        raise Inconvertible(f"Input value {said(value)} must be string type")
    return value.lower()


def _refuse_malformed(text: str) -> None:
    """Refuse what is no name. Raises ValueError."""
    trimmed = text.removesuffix(".")
    labels = trimmed.split(".")
    problem = f"'{said(trimmed)}' exceeds the {LONGEST} character FQDN limit" if len(trimmed) > LONGEST else ""
    problem = problem or next((found for label in labels if (found := _wrong(label))), "")
    if not problem and len(labels) > 1 and labels[-1].isdecimal():
        problem = f"TLD '{said(labels[-1])}' must not be all numeric"
    if problem:
        raise ValueError(f"'{said(text)}' not a valid PQDN or FQDN. Reason: {problem}")


def _wrong(label: str) -> str:
    if not label:
        return "Encountered an empty component"
    if label.startswith("-") or label.endswith("-"):
        return f"Name '{said(label)}' must not start or end with a hyphen"
    if not _LABEL.fullmatch(label):
        return (f"Name '{said(label)}' must be 1-63 characters long, each of which can only be alphanumeric or a "
                "hyphen")  # fmt: skip
    return ""
