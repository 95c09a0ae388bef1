"""`cpal lab`: hypervisors, switch, outside hosts and workloads on this machine."""

from __future__ import annotations

import os
import sys
from textwrap import wrap

import click
from click.core import ParameterSource

from cpal.errors import NotFound
from cpal.faces.cli.emulate import MAKES, emulate
from cpal.faces.cli.kinds import KINDS
from cpal.faces.cli.opened import opened
from cpal.faces.cli.openstack import FOLDER, openstack
from cpal.faces.cli.output import Object, column, format_option, print_object, print_table, quiet_option
from cpal.faces.cli.resolve import SHORTEST_ID, find
from cpal.faces.cli.screen import done, leaves, note, paint, progress, width
from cpal.faces.labs import plugged_name, workload_name
from cpal.faces.session import Session
from cpal.lab.records import Status
from cpal.model.instance import Instance
from cpal.model.network import Network, Port
from cpal.model.target import Host, OutsideHost

FIELDS = ("machine", "what", "address", "network", "pid")
"""The columns of the lab's machines and daemons in CSV."""
HALF_UP = "the lab is half up: `cpal lab up` goes on from there, `cpal lab down` takes it away"
HALF_DOWN = "the lab is half down: `cpal lab down` again finishes"


@click.group()
def lab() -> None:
    """Hypervisors, switch, outside hosts and workloads on this machine, as namespaces and private daemons."""


lab.add_command(openstack)
lab.add_command(emulate)


@lab.command()
@click.option("--hypervisors", type=int, default=2, show_default=True, metavar="N", help="At least so many.")
@click.option(
    "--encap",
    type=click.Choice(["geneve", "vxlan"]),
    default="geneve",
    show_default=True,
    help="The tunnel between them.",
)
@click.option(
    "--fabric",
    type=click.Choice(["frr", "mixed"]),
    help="Spines and leaves that run FRR; mixed: beside them an emulated switch of each make.",
)
@click.option("--spines", type=int, default=2, show_default=True, metavar="N", help="Of a fabric.")
@click.option("--leaves", "leaf_count", type=int, default=4, show_default=True, metavar="N", help="Of a fabric.")
@click.option(
    "--underlay",
    type=click.Choice(["unnumbered", "numbered"]),
    default="unnumbered",
    show_default=True,
    help="How a fabric's spines and leaves know each other: by link-local addresses, or by a prefix for each cable.",
)
@click.option("--what-if", is_flag=True, help="Show what would be there, and change nothing.")
@format_option
def up(
    hypervisors: int, encap: str, fabric: str | None, spines: int, leaf_count: int, underlay: str, what_if: bool,
    form: str,
) -> None:  # fmt: skip
    """Bring the lab up, or heal it, and make it a target."""
    _check_options(fabric)
    with opened() as session:
        if what_if:
            now = session.lab.status()
            if form != "table":
                _print_for_programs(now, form)
            then = f"at least {hypervisors} hypervisors ({encap})"
            if fabric:
                then = f"{spines} spines and {leaf_count} leaves ({fabric}, {underlay})"
            done(f"what-if: the lab is {now.state}; it would be up with {then}")
            return
        leaves(HALF_UP)
        new = session.lab.status().state == "down"
        with progress("lab up") as report:
            if fabric:
                emulated = MAKES if fabric == "mixed" else ()
                beside = hypervisors if _was_given("hypervisors") else 0
                found = session.fabric_up(spines, leaf_count, underlay, report, emulated, beside)  # type: ignore[arg-type]  # a choice
            else:
                found = session.lab_up(hypervisors, encap, report)
        declared = session.estate.count(Network) > 0
    _print_status(found, form)
    if new and declared:
        note("what was declared for the lab before is not in it yet: cpal apply")
    if not fabric and len(found.hypervisors) > hypervisors and _was_given("hypervisors"):
        note(f"hypervisors are only added, and there are {len(found.hypervisors)}; for fewer: cpal lab down, then up")


def _check_options(fabric: str | None) -> None:
    """Refuse options of the one kind of lab for the other: they would say nothing."""
    ours, theirs = ("spines", "leaf_count", "underlay"), ("encap",)
    for parameter in theirs if fabric else ours:
        if _was_given(parameter):
            word = parameter.partition("_")[0].replace("leaf", "leaves")
            raise click.UsageError(f"--{word} is {'not ' if fabric else ''}for --fabric")


def _was_given(parameter: str) -> bool:
    return click.get_current_context().get_parameter_source(parameter) is ParameterSource.COMMANDLINE


@lab.command()
@click.option("--what-if", is_flag=True, help="Change nothing.")
@quiet_option
def down(what_if: bool) -> None:
    """Take the lab away. What was declared stays, and comes back with the next `lab up` and `apply`."""
    with opened() as session:
        if what_if:
            done(f"what-if: the lab is {session.lab.status().state}; all of it would be taken away")
            return
        leaves(HALF_DOWN)
        with progress("lab down") as report:
            session.lab_down(report)
        with_cloud = (session.home / FOLDER).exists()
    done("the lab is down")
    if with_cloud:
        note("the OpenStack on it is there still: cpal lab openstack --down")


@lab.command()
@format_option
def status(form: str) -> None:
    """Show what of the lab is there now."""
    with opened() as session:
        found = session.lab.status()
    _print_status(found, form)


@lab.command()
@click.argument("ports", nargs=-1, required=True, metavar="PORT...")
@quiet_option
def plug(ports: tuple[str, ...]) -> None:
    """Plug ports that belong to no instance, such as those of the OpenStack API, on the hosts they are bound to.

    It is what a compute service does when it starts a server: a machine with this one interface, which asks for its
    addresses. A port is ACTIVE once its hypervisor claims it. `lab exec` reaches its machine by the port's name or id.
    """
    with opened() as session:
        found = [port for word in ports if isinstance(port := find(word, KINDS["port"], session.estate), Port)]
        with progress("lab plug") as report:
            session.plug_ports(found, report)
    for port in found:
        done(f"{port.name or port.id} is plugged on {port.host_id}, with {' '.join(port.addresses) or 'no address'}")


@lab.command()
@click.argument("ports", nargs=-1, required=True, metavar="PORT...")
@quiet_option
def unplug(ports: tuple[str, ...]) -> None:
    """Take away the machines that `lab plug` made for ports. One that was deleted goes by its id, or its beginning."""
    with opened() as session:
        ids = [_asked(port, session) for port in ports]
        with progress("lab unplug") as report:
            session.unplug_ports(ids, report)
    done(f"unplugged: {', '.join(ports)}")


def _asked(word: str, session: Session) -> str:
    """The id of the port that a word means, even if it is there no longer."""
    begun = [id for id in session.lab.asked() if len(word) >= SHORTEST_ID and id.startswith(word.lower())]
    return begun[0] if len(begun) == 1 else find(word, KINDS["port"], session.estate).id


@lab.command(name="exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("name")
@click.argument("words", nargs=-1, metavar="-- CMD [ARG]...", required=True, type=click.UNPROCESSED)
def execute(name: str, words: tuple[str, ...]) -> None:
    """Run a command on a machine of the lab: a workload, an outside host, a hypervisor, central; a spine or a leaf.

    On a hypervisor ovs-vsctl finds its daemons, on central ovn-nbctl and ovn-sbctl do, on a leaf vtysh does.
    """
    if words[0] == "--":
        words = words[1:]
    with opened() as session:
        argv = session.lab.exec_argv(_machine(name, session), words)
    sys.stdout.flush()
    os.execvp(argv[0], argv)


def _machine(name: str, session: Session) -> str:
    """What the lab calls the machine: a workload is `project.instance` there, and `project/instance` or less here.

    A port that was plugged by itself goes by its own name.
    """
    if name in {record.name for kind in (Host, OutsideHost) for record in session.estate.all(kind)}:
        return name
    try:
        instance = find(name, KINDS["instance"], session.estate)
    except NotFound:
        return _plugged(name, session)
    return workload_name(instance, session.estate) if isinstance(instance, Instance) else name


def _plugged(name: str, session: Session) -> str:
    asked = session.lab.asked()
    if not asked:
        return name
    try:
        port = find(name, KINDS["port"], session.estate)
    except NotFound:
        return name
    return plugged_name(port) if isinstance(port, Port) and port.id in asked else name


def _print_status(found: Status, form: str) -> None:
    if form != "table":
        _print_for_programs(found, form)
        return
    colour = {"up": "green", "down": "yellow", "broken": "red"}[found.state]
    click.echo(f"lab {paint(found.state, fg=colour, bold=True)} in {found.directory}")
    if found.state == "down":
        return
    if found.fabric:
        click.echo(f"{found.fabric.make} fabric, {found.fabric.underlay} underlay, {found.encapsulation} tunnels\n")
    else:
        click.echo(f"{found.encapsulation} tunnels, {found.datapath} datapath\n")
    print_table(_machines(found), tuple(map(column, ("machine", "what", "address", "network"))))
    if found.fabric and found.fabric.emulated:
        note("emulators are no devices and forward nothing; user and password admin: cpal get facts --device ADDRESS")
    running = [f"{daemon.name} {daemon.pid}" for daemon in found.daemons if daemon.pid is not None]
    told = wrap(f"daemons, by process id: {', '.join(running)}", width(), break_on_hyphens=False)
    click.echo("\n" + "\n".join(told))
    if found.missing:
        click.echo(paint(f"\nmissing: {', '.join(found.missing)}; `cpal lab up` heals it", fg="red"))


def _print_for_programs(found: Status, form: str) -> None:
    """Print the status; in CSV, a row for each machine and each daemon."""
    daemons = [{"machine": each.name, "what": "daemon", "pid": each.pid} for each in found.daemons]
    print_object(_object(found), [*_machines(found), *daemons], FIELDS, form)


def _object(found: Status) -> Object:
    # lazy: only the forms for programs need it
    import msgspec

    built: Object = msgspec.to_builtins(found)
    return {**built, "workloads": sorted(built["workloads"], key=lambda each: str(each["name"]))}


def _machines(found: Status) -> list[Object]:
    mixed = bool(found.fabric and found.fabric.emulated)
    leaves = found.fabric.endpoints if found.fabric else {}
    leaf = "leaf, real (FRR)" if mixed else "leaf"
    hypervisors = [
        {
            "machine": each.name,
            "what": leaf if each.name in leaves else "hypervisor",
            "address": each.underlay_address,
            "network": each.physical_networks,
        }
        for each in found.hypervisors
    ]
    outside = [
        {
            "machine": each.name,
            "what": "outside host",
            "address": [*each.addresses, *each.loopbacks],
            "network": f"{each.physical_network} {'untagged' if each.vlan is None else f'VLAN {each.vlan}'}",
        }
        for each in found.outside_hosts
    ]
    workloads = [
        {"machine": each.name, "what": "workload", "address": "", "network": f"on {each.hypervisor}"}
        for each in sorted(found.workloads, key=lambda each: each.name)
    ]
    spines = found.fabric.spines if found.fabric else ()
    tops = [
        {"machine": name, "what": "spine, real (FRR)" if mixed else "spine", "address": "", "network": ""}
        for name in spines
    ]
    emulated = [
        {"machine": each.name, "what": f"emulator of {each.title}", "address": each.address, "network": "none"}
        for each in (found.fabric.emulated if found.fabric else ())
    ]
    return tops + hypervisors + emulated + outside + workloads
