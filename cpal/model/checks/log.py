"""What must hold for logs. Source: Networking API v2.0, logs."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.model.checks.words import Problem, missing
from cpal.model.estate import Estate
from cpal.model.log import EVENTS, Log
from cpal.model.network import Port
from cpal.model.security import SecurityGroup


def log_problems(estate: Estate, log: Log) -> Iterator[Problem]:
    """What is wrong with a log: its event, its group, its port."""
    if log.event not in EVENTS:
        yield Problem("event", f"there is no event {log.event!r}", f"one of {', '.join(EVENTS)}")
    if log.resource_id and estate.get(SecurityGroup, log.resource_id) is None:
        yield missing("resource_id", "security_group", log.resource_id)
    if log.target_id and estate.get(Port, log.target_id) is None:
        yield missing("target_id", "port", log.target_id)
