"""What the targets say of ports and networks at this moment."""

from __future__ import annotations

from collections.abc import Mapping

from cpal.errors import Unavailable
from cpal.faces.cli.describe import Live
from cpal.faces.cli.screen import note
from cpal.faces.session import Session
from cpal.model.target import Target


def live_status(session: Session) -> Live:
    """The status of ports by id; where a target does not answer, None and a note."""
    if not session.estate.count(Target):
        return None
    try:
        return session.observe()
    except Unavailable as silent:
        note(f"the status is not known: {silent}")
        return None


def live_vnis(session: Session) -> Mapping[str, int]:
    """The VNIs that networks really have on the wire, by id; where a target does not answer, none and a note."""
    if not session.estate.count(Target):
        return {}
    try:
        return {name: vni for vni, name in session.tunnel_keys().networks.items()}
    except Unavailable as silent:
        note(f"the VNIs on the wire are not known: {silent}")
        return {}
