"""What there is in the estate, beside what it really is at the target and in the lab: listed, or one in full."""

from __future__ import annotations

from typing import Any

import click

from cpal.errors import CpalError, Denied, Unavailable
from cpal.faces.cli.describe import Describer, Object
from cpal.faces.cli.kinds import Kind
from cpal.faces.cli.listing import COLUMNS
from cpal.faces.cli.live import live_status, live_vnis
from cpal.faces.cli.opened import opened
from cpal.faces.cli.output import cell, print_list, print_value
from cpal.faces.cli.resolve import find
from cpal.faces.cli.screen import note, paint
from cpal.faces.labs import interface_names, workload_name
from cpal.faces.session import Session
from cpal.model.carrying import carrier
from cpal.model.estate import KINDS as TYPES
from cpal.model.instance import Instance
from cpal.model.network import Port
from cpal.model.record import Record

WITH_STATUS = ("port", "instance")
"""Kinds of which the target knows a status."""
MOST_ON_A_LINE = 3
"""Members of a list that `show` puts on one line."""


def list_of_records(kind: Kind, names: tuple[str, ...], project: str | None, stack: str | None, form: str) -> None:
    """List the things of a kind, or those that are named, of a project and a stack where these are named."""
    with opened() as session:
        found = _stacks(session) if kind.name == "stack" else _records(session, kind, names)
    found = [each for each in found if project in (None, each.get("project")) and stack in (None, each.get("stack"))]
    print_list(found, COLUMNS[kind.name], form, f"there are no {kind.plural.replace('_', ' ')}")


def show_record(kind: Kind, name: str, form: str) -> None:
    """Show one thing in full, by its name, `project/name`, or id."""
    with opened() as session:
        if kind.name == "stack":
            found = next((each for each in _stacks(session) if each["name"] == name), {})
            found["members"] = [Describer(session.estate).title(r) for r in session.estate.records() if r.stack == name]
        else:
            record = find(name, kind, session.estate)
            found = {"kind": kind.name, **_describer(session, kind).object(record), **_really(session, record)}
    if form == "table":
        _print_fields(found)
    elif form in ("csv", "jsonl"):
        print_list([found], (), form)
    else:
        print_value(found, form)


def _stacks(session: Session) -> list[Object]:
    return [{"name": name, "records": count} for name, count in sorted(session.stacks().items())]


def _records(session: Session, kind: Kind, names: tuple[str, ...]) -> list[Object]:
    describer = _describer(session, kind)
    if names:
        return [describer.object(find(name, kind, session.estate)) for name in names]
    return describer.objects(session.estate.all(TYPES[kind.name]))


def _describer(session: Session, kind: Kind) -> Describer:
    """What describes records of a kind, with what the targets say of them."""
    live = live_status(session) if kind.name in WITH_STATUS else None
    return Describer(session.estate, live, live_vnis(session) if kind.name == "network" else {})


def _really(session: Session, record: Record) -> Object:
    """In a lab: the addresses that the workload's interfaces really have."""
    instance = record if isinstance(record, Instance) else None
    if isinstance(record, Port):
        instance = session.estate.get(Instance, carrier(session.estate, record).device_id)
    if instance is None:
        return {}
    interfaces = interface_names(instance, session.estate)
    try:
        seen = session.lab.addresses(workload_name(instance, session.estate))
    except (Unavailable, Denied):
        return {}
    except CpalError as missing:
        note(f"the lab does not run it: {missing}")
        return {}
    wanted = interfaces.get(record.id)
    return {
        "real_addresses": [f"{found.interface} {found.address}" for found in seen if wanted in (None, found.interface)]
    }


def _print_fields(found: dict[str, Any]) -> None:
    told = {key: value for key, value in found.items() if _is_told(key, value, found)}
    widest = max(len(key) for key in told)
    for key, value in told.items():
        first, *more = _lines(value)
        click.echo(f"{paint(key.replace('_', ' ').ljust(widest), bold=True)}  {first}")
        for line in more:
            click.echo(f"{'':{widest}}  {line}")


def _is_told(key: str, value: Any, found: dict[str, Any]) -> bool:
    """Whether people want a field: it says something, and another does not say it in words."""
    in_words = f"{key.removesuffix('_id')}" if key.endswith("_id") else f"{key.removesuffix('s')}_names"
    said_elsewhere = key != in_words and in_words in found and key != "id"
    said_elsewhere |= key == "security_group_rules" or (key == "fixed_ips" and "addresses" in found)
    return ":" not in key and value not in (None, "", [], {}) and not said_elsewhere


def _lines(value: Any) -> list[str]:
    """A value, one line for each of a list's longer members."""
    if isinstance(value, list) and (len(value) > MOST_ON_A_LINE or any(isinstance(each, dict) for each in value)):
        return [cell(each) for each in value]
    return [cell(value)]
