"""How a row in the Northbound database says that it is cpal's, and which.

Each row we make carries in `external_ids` the store it belongs to, its name as a row, and the record it was first made
for. Its UUID follows from owner, table and name (RFC 4122 section 4.3), so that making it twice fails instead of
giving two. The applied revision and the progress of an apply are cells of NB_Global's `external_ids`.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha1
from uuid import NAMESPACE_URL, uuid5

from cpal.core.rows import Row, RowKey
from cpal.model.record import Key

PREFIX = "cpal:"
OWNER, ROW, KEY = "cpal:owner", "cpal:row", "cpal:key"
TAGS = frozenset({OWNER, ROW, KEY})
"""The keys that say whose a row is; no renderer sets them."""

_VARIANT = "89ab"


class Tags:
    """The tags of one store, `owner`."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.revision_cell = f"cpal:{owner}:revision"
        self.progress_cell = f"cpal:{owner}:progress"
        self.version_cell = f"cpal:{owner}:version"
        self.lock = "cpal_" + "".join(letter if letter.isalnum() else "_" for letter in owner)
        self._digest = sha1(uuid5(NAMESPACE_URL, f"cpal:{owner}").bytes, usedforsecurity=False)

    def of(self, row: Row) -> list[tuple[str, str]]:
        """The tags of a row."""
        kind, id = row.because[0] if row.because else ("", "")
        return [(OWNER, self.owner), (ROW, row.key.name), (KEY, f"{kind}/{id}")]

    def uuid(self, key: RowKey) -> str:
        """The UUID of a row that we make: version 5, from owner, table and name."""
        digest = self._digest.copy()
        digest.update(f"{key.table}/{key.name}".encode())
        text = digest.hexdigest()
        variant = _VARIANT[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"

    def revision(self, external_ids: Mapping[str, str]) -> int:
        """The applied revision that NB_Global says, 0 when it says none."""
        return _number(external_ids.get(self.revision_cell, ""))

    def version(self, external_ids: Mapping[str, str]) -> int:
        """The version of the rules that rendered the rows, as NB_Global says it, 0 when it says none."""
        return _number(external_ids.get(self.version_cell, ""))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def ours(external_ids: Mapping[str, str]) -> dict[str, str]:
    """What a renderer set in a row's `external_ids`."""
    return {key: value for key, value in external_ids.items() if key.startswith(PREFIX) and key not in TAGS}


def record_key(external_ids: Mapping[str, str]) -> tuple[Key, ...]:
    """The record that a row was first made for, as its tag says."""
    kind, _, id = external_ids.get(KEY, "").partition("/")
    return (Key(kind, id),) if id else ()


def maker(external_ids: Mapping[str, str], name: str) -> str:
    """Whose a row is that is not ours, as far as its tags and name tell."""
    other = external_ids.get(OWNER)
    if other is not None:
        return f"it belongs to another cpal store ({other})"
    if name.startswith(("neutron-", "neutron_")) or any(key.startswith("neutron:") for key in external_ids):
        return "it is Neutron's"
    if any(key.startswith("k8s.ovn.org/") for key in external_ids):
        return "it is OVN-Kubernetes'"
    return "it carries no owner: made by hand (ovn-nbctl), or by a program that leaves no tag"
