"""What the targets say of ports at this moment."""

from __future__ import annotations

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
