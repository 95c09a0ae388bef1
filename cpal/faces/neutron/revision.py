"""What a client says it saw of a record before it changes it. Source: extension revision-if-match."""

from __future__ import annotations

import re

from cpal.faces.http.message import Request
from cpal.faces.neutron.fault import ApiFault, bad_request
from cpal.faces.neutron.scene import Scene
from cpal.faces.neutron.values import said
from cpal.model.record import Record

_REVISION = re.compile(r"[0-9]{1,18}")


def check_revision(scene: Scene, request: Request, record: Record) -> None:
    """Refuse where the client saw another revision.

    Raises:
        ApiFault: it did, or says what is no revision.
    """
    wanted = request.headers.get("if-match", "")
    if not wanted:
        return
    key, _, number = wanted.partition("=")
    if key.strip() != "revision_number" or not _REVISION.fullmatch(number.strip()):
        raise bad_request(f"Unrecognized match '{said(wanted)}': write revision_number=N")
    age = scene.ages.get(record.key)
    if age is not None and age.changes != int(number):
        raise ApiFault(
            412, "RevisionNumberConstraintFailed", f"Constrained to {number}, but current revision is {age.changes}"
        )
