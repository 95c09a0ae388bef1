"""`cpal import` and `cpal release`: to take over from a Neutron or from switches, and to give back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from cpal.core.plan import Plan
from cpal.faces.cli.carry import Manner, carry_out, change_options, show_plan
from cpal.faces.cli.opened import opened
from cpal.faces.cli.output import column, format_option, print_list, print_object, quiet_option
from cpal.faces.cli.plan import DIFFERENCES
from cpal.faces.cli.plan_object import OP_FIELDS, plan_object
from cpal.faces.cli.screen import confirm, done, note, progress, typed
from cpal.faces.session import Session

Command = TypeVar("Command", bound=Callable[..., Any])


def cloud_options(command: Command) -> Command:
    """Give a command the options that say which Neutron, and where its databases are."""
    for option in (
        click.option("--credential", default="", metavar="file:DIRECTORY", help="Keys for databases behind ssl:."),
        click.option("--southbound", default="", metavar="ENDPOINT", help="OVN's Southbound database."),
        click.option("--northbound", default="", metavar="ENDPOINT", help="OVN's Northbound database."),
        click.option("--cloud", metavar="NAME", help="A cloud of clouds.yaml; without, OS_* of the environment."),
    ):
        command = option(command)
    return command


@click.group("import", invoke_without_command=True)
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="NAME",
    help="Read a switch: one of a target's, with wildcards, or NAME=eos://USER@ADDRESS; may be repeated.",
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; its name is the stack's."
)
@partial(change_options, asked="before taking over")
@click.pass_context
def import_(
    ctx: click.Context, devices: tuple[str, ...], output: Path | None, yes: bool, what_if: bool, detail: bool, form: str
) -> None:
    """Take over from what runs already.

    With --device, the VLANs and interfaces that switches are configured to have are written as documents, and from then
    on they are cpal's: nothing at the switches changes. What documents cannot say stays as it is, and is nobody's.
    """  # fmt: skip
    if ctx.invoked_subcommand is not None:
        if devices or output:
            raise click.UsageError("--device is for switches, and takes no further word", ctx)
        return
    if not devices:
        raise click.UsageError("say from what: a word, or --device", ctx)
    # lazy: only this reads switches
    from cpal.faces.cli.import_switches import import_switches

    import_switches(devices, output, Manner(yes, what_if, detail, form))


@click.group()
def drift() -> None:
    """Name where something else and its databases disagree."""


@click.group(invoke_without_command=True)
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="NAME",
    help="Hand back a switch: one of a target's, with wildcards; may be repeated.",
)
@partial(change_options, asked="before handing back")
@click.pass_context
def release(ctx: click.Context, devices: tuple[str, ...], yes: bool, what_if: bool, detail: bool, form: str) -> None:
    """Give back what was taken over.

    With --device, all that is declared on switches is cpal's no longer, whoever configured it: they are sent nothing,
    and keep it. Documents that declare it stay where they are; `cpal import --device` takes it over again.
    """
    if ctx.invoked_subcommand is not None:
        if devices:
            raise click.UsageError("--device is for switches, and takes no further word", ctx)
        return
    if not devices:
        raise click.UsageError("say what: a word, or --device", ctx)
    with opened() as session:
        with progress("release") as report:
            report("reading switches")
            plan = session.plan_release(devices)
        carry_out(session, plan, Manner(yes, what_if, detail, form))


@import_.command("neutron")
@cloud_options
@click.option("--leave-out", is_flag=True, help="Go on without what cannot be held.")
@partial(change_options, asked="before taking over")
def import_neutron(
    cloud: str | None,
    northbound: str,
    southbound: str,
    credential: str,
    leave_out: bool,
    yes: bool,
    what_if: bool,
    detail: bool,
    form: str,
) -> None:
    """Take over all that a running Neutron has: every id stays, and its rows in OVN stay where they are.

    What cannot be held is told, all at once, and nothing is done unless it may be left out. The plan is shown and
    confirmed; then OVN's Northbound database changes hands in one transaction. `cpal release neutron` gives it back.

    Neutron must not write meanwhile: see the how-to.
    """
    # lazy: it takes half a second to import, and only these verbs need it
    from cpal.faces.peer.cloud import Endpoints, connected, read_all

    # lazy: as above
    from cpal.faces.peer.importing import fault_of, refusals, unsaid_servers

    # lazy: as above
    from cpal.faces.peer.losses import losses_of

    with opened() as session:
        with progress("import") as report:
            report("reading Neutron")
            reading = read_all(connected(cloud), report)
            for loss in losses_of(reading):
                if loss.harmless or leave_out:
                    note(str(fault_of(loss)))
            report("reading targets")
            found = () if leave_out else tuple(refusals(reading))
            plan = session.peer.plan_import(reading, Endpoints(northbound, southbound, credential), found)
        if unsaid := unsaid_servers(plan):
            note(unsaid)
        _carry_out(session, plan, Manner(yes, what_if, detail, form))


@drift.command("neutron")
@cloud_options
@click.option("--exit-code", is_flag=True, help="Exit with 2 when there are differences.")
@format_option
def drift_neutron(
    cloud: str | None, northbound: str, southbound: str, credential: str, exit_code: bool, form: str
) -> int:
    """Name every difference between a running Neutron's API, OVN's Northbound and its Southbound database.

    Nothing is written anywhere. What is under way between them shows too: look again before you act.
    """
    # lazy: as above
    from cpal.faces.peer.cloud import Endpoints, connected, read_all

    # lazy: as above
    from cpal.faces.peer.drift import FIELDS, as_objects

    with opened() as session, progress("drift") as report:
        report("reading Neutron")
        reading = read_all(connected(cloud), report)
        report("reading OVN")
        found = as_objects(session.peer.drift_of(reading, Endpoints(northbound, southbound, credential)), reading)
    print_list(found, [column(field) for field in FIELDS], form, "no differences", FIELDS)
    return DIFFERENCES if exit_code and found else 0


def _carry_out(session: Session, plan: Plan, manner: Manner) -> None:
    if manner.form == "table" or manner.what_if:
        show_plan(plan, session, {}, manner.detail, manner.form)
    if manner.what_if:
        done("what-if: nothing was changed")
        return
    rows = sum(len(target.ops) for target in plan.targets)
    if not plan.empty and not manner.yes:
        confirm(f"Take over {len(plan.changes)} records and {rows} rows?")
    before, revision = session.estate, plan.revision
    if not plan.empty:
        with progress("import") as report:
            revision = session.apply(plan, typed(), report).revision
    session.peer.know_projects()
    if manner.form == "table":
        done(f"revision {revision}: {rows} rows are cpal's now; stop Neutron, then: cpal serve")
    else:
        told = plan_object(plan, before)
        found = {"applied": not plan.empty, "revision": revision, "plan": told}
        print_object(found, told["ops"], OP_FIELDS, manner.form)


@release.command("neutron")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before.")
@quiet_option
def release_neutron(yes: bool) -> None:
    """Give OVN's rows back to Neutron, as they were when they were taken over; the records leave the store.

    What was made or changed here since is gone then: Neutron knows nothing of it.
    """
    with opened() as session:
        leaving = session.peer.leaving()
        if not yes:
            confirm(f"Give back what was taken over, and forget {len(leaving)} records?")
        with progress("release") as report:
            revision = session.peer.release(typed(), report).revision
        done(f"revision {revision}: OVN's rows are Neutron's again; start Neutron")
