"""`cpal create`, `set` and `delete`: the records that documents have, one at a time, by flags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import click
from msgspec.structs import replace

from cpal.errors import Conflict
from cpal.faces.cli.carry import Manner, carry_out, change_options, in_turn
from cpal.faces.cli.flag_nodes import FlagField, document_of, flags_of
from cpal.faces.cli.kinds import KINDS, Kind, kind_called
from cpal.faces.cli.one_record import Wanted, changed, declared, removal, settable
from cpal.faces.cli.opened import opened
from cpal.faces.cli.resolve import find
from cpal.faces.cli.screen import note
from cpal.faces.session import Session
from cpal.model.record import IMPLIED, Record
from cpal.model.target import Project

DEFAULT_PROJECT = "default"
"""As in documents that name none."""


class Named(click.Argument):
    """The name of a thing; `completes` says of which kind the names are that TAB offers."""

    def __init__(self, words: Sequence[str], completes: str = "", **settings: Any) -> None:
        super().__init__(words, **settings)
        self.completes = completes


class FlagOption(click.Option):
    """A flag of a field; `completes` says what TAB offers for its value."""

    def __init__(self, words: Sequence[str], completes: str = "", **settings: Any) -> None:
        super().__init__(words, **settings)
        self.completes = completes


class Kinds(click.Group):
    """A verb whose next word is a kind; the command of each is made from the table of fields."""

    def __init__(self, make: Callable[[Kind], click.Command], kinds: Sequence[Kind], **settings: Any) -> None:
        super().__init__(**settings)
        self._make = make
        self._kinds = kinds

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The kinds, as shell words."""
        return [kind.flag for kind in self._kinds]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a kind, singular or plural."""
        kind = kind_called(cmd_name)
        return self._make(kind) if kind in self._kinds and kind is not None else None


# Flags


def _option(each: FlagField, required: bool) -> FlagOption:
    """The option of a field."""
    help = each.field.description
    if each.field.default and not required:
        help = f"{help.rstrip('.')} [default: {each.field.default}]"
    if each.is_truth:
        return FlagOption([f"--{each.flag}/--no-{each.flag}", each.parameter], default=None, help=help)
    completes = f"{'names' if each.is_many else 'name'} {each.refers_to}" if each.refers_to else ""
    if each.choices and not each.is_many:
        completes = "words " + " ".join(each.choices)
    return FlagOption(
        [f"--{each.flag}", each.parameter], completes, multiple=each.is_many, required=required, help=help,
        metavar=_metavar(each),
    )  # fmt: skip


def _metavar(each: FlagField) -> str:
    if each.choices:
        return "|".join(each.choices)
    return (
        f"{each.refers_to.upper()}{',...' if each.is_many else ''}"
        if each.refers_to
        else "VALUE,..."
        if each.is_many
        else "VALUE"
    )


def _given(kind: Kind, values: dict[str, Any]) -> dict[str, Sequence[str]]:
    """The words of each flag that was given, by the key that documents have for it."""
    found: dict[str, Sequence[str]] = {}
    for each in flags_of(kind):
        value = values.get(each.parameter)
        if value is None or value == ():
            continue
        words = value if isinstance(value, tuple) else (str(value).lower() if isinstance(value, bool) else value,)
        found[each.field.written] = words
    return found


def _command(kind: Kind, run: Callable[..., None], params: list[click.Parameter], help: str) -> click.Command:
    return change_options(click.Command(kind.flag, callback=run, params=params, help=help))


def _project_option() -> FlagOption:
    return FlagOption(["--project"], "name project", default=DEFAULT_PROJECT, show_default=True, help="Whose it is.")


# Create


def _create_command(kind: Kind) -> click.Command:
    params: list[click.Parameter] = []
    if kind.named:
        params.append(Named(["name"]))
    if kind.name == "project":
        params.append(FlagOption(["--description"], help="A note for people."))
    else:
        params.append(_project_option())
        params += [_option(each, each.field.required) for each in flags_of(kind)]

    def run(yes: bool, what_if: bool, detail: bool, form: str, **values: Any) -> None:
        name = values.pop("name", "")

        def make() -> None:
            with opened() as session:
                records = _new(session, kind, name, dict(values))
                carry_out(session, session.plan_records(records), Manner(yes, what_if, detail, form))

        in_turn(make)

    return _command(kind, run, params, f"Make one {kind.words}. Flags mean what the keys of documents mean.")


def _new(session: Session, kind: Kind, name: str, values: dict[str, Any]) -> list[Record]:
    """The records of a new thing.

    Raises:
        Conflict: there is one of that name.
        Faults: the flags say what cannot be.
    """
    if kind.name == "project":
        return [_project(session, name, values.get("description") or "")]
    project = values.pop("project")
    records = declared(session, kind, document_of(kind, name, project, _given(kind, values)))
    there = next((record for record in records if record.kind == kind.name and session.estate.by_key(record.key)), None)
    if there is not None:
        title = f"{project}/{name}" if name else "the same rule"
        raise Conflict(f"there is a {kind.words} {title} already", remedy=f"change it with: cpal set {kind.flag}")
    return records


def _project(session: Session, name: str, description: str) -> Project:
    """A new project, or an implied one that from now on stays.

    Raises:
        Conflict: there is one of that name.
    """
    there = next((project for project in session.estate.all(Project) if project.name == name), None)
    if there is not None and there.stack != IMPLIED:
        raise Conflict(f"there is a project {name} already", remedy="change it with: cpal set project")
    return Project(id=there.id if there else str(uuid4()), name=name, description=description)


# Set


def _set_command(kind: Kind) -> click.Command:
    params: list[click.Parameter] = [Named(["name"], f"name {kind.name}")]
    if kind.named:
        params.append(FlagOption(["--name", "new_name"], help="Another name."))
    if kind.name == "project":
        params.append(FlagOption(["--description"], help="A note for people."))
    else:
        known = settable(kind)
        params += [_option(each, False) for each in flags_of(kind) if each.field.name in known]

    def run(name: str, yes: bool, what_if: bool, detail: bool, form: str, **values: Any) -> None:
        new_name = values.pop("new_name", None)

        def alter() -> None:
            with opened() as session:
                record = find(name, kind, session.estate)
                wanted = _changed(session, kind, record, new_name, values)
                if record.stack and record.stack != IMPLIED:
                    note(f"stack {record.stack} declared it: the next apply of its documents sets back what they say")
                carry_out(session, session.plan_records(*wanted), Manner(yes, what_if, detail, form))

        in_turn(alter)

    return _command(kind, run, params, f"Change one {kind.words}; what is not named stays. 'none' clears a reference.")


def _changed(session: Session, kind: Kind, record: Record, new_name: str | None, values: dict[str, Any]) -> Wanted:
    """What to write for the flags of a `set`.

    Raises:
        click.UsageError: no flag was given.
    """
    if kind.name == "project":
        given = {"description": values["description"]} if values.get("description") is not None else {}
        wanted = Wanted([replace(record, **given)], [])
    else:
        words = _given(kind, values)
        given = dict(words)
        wanted = changed(session, kind, record, words) if words else Wanted([record], [])
    if not given and new_name is None:
        raise click.UsageError("say what to change, by a flag", click.get_current_context())
    if new_name is None:
        return wanted
    renamed = [replace(each, name=new_name) if each.key == record.key else each for each in wanted.records]
    return Wanted(renamed, wanted.removed)


# Delete


def _delete_command(kind: Kind) -> click.Command:
    def run(names: tuple[str, ...], yes: bool, what_if: bool, detail: bool, form: str) -> None:
        def remove() -> None:
            with opened() as session:
                wanted = removal([find(name, kind, session.estate) for name in names], session.estate)
                carry_out(session, session.plan_records(*wanted), Manner(yes, what_if, detail, form))

        in_turn(remove)

    params: list[click.Parameter] = [Named(["names"], f"name {kind.name}", nargs=-1, required=True, metavar="NAME...")]
    return _command(kind, run, params, f"Delete {kind.plural.replace('_', ' ')} by name, with what is part of them.")


_WRITABLE = [kind for kind in KINDS.values() if kind.writable]

create = Kinds(_create_command, _WRITABLE, name="create", help="Make one thing, by flags.")
change = Kinds(_set_command, [k for k in _WRITABLE if k.settable], name="set", help="Change one thing, by flags.")
delete = Kinds(_delete_command, _WRITABLE, name="delete", help="Delete things by name.")
