"""The paths of the API, however they are spelled: in Neutron's, a hyphen and an underscore are the same."""

from __future__ import annotations

from cpal.faces.neutron.resources import RESOURCES
from cpal.faces.neutron.singular import SINGULAR

_KNOWN = frozenset((*RESOURCES, *SINGULAR))
_SPELLINGS = {path.replace("-", "_"): path for path in _KNOWN}


def spelled(path: str) -> str:
    """A path as it is known here: `security-groups` of `security_groups`."""
    return path if path in _KNOWN else _SPELLINGS.get(path.replace("-", "_"), path)
