"""`cpal get` and `cpal show`: what there is, beside what it really is at the target and in the lab."""

from __future__ import annotations

from typing import Any

import click

from cpal.engine.places import home_directory
from cpal.errors import CpalError, Denied, Invalid, Unavailable
from cpal.faces.cli.describe import Describer, Object
from cpal.faces.cli.device_words import DEVICE_WORDS
from cpal.faces.cli.kinds import KINDS, Kind
from cpal.faces.cli.listing import COLUMNS
from cpal.faces.cli.live import live_status, live_vnis
from cpal.faces.cli.opened import opened
from cpal.faces.cli.output import cell, format_option, print_list, print_value
from cpal.faces.cli.resolve import KindType, find
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
DEVICES = "cpal.devices"
"""Where it is remembered that devices are asked."""
MOST_ON_A_LINE = 3
"""Members of a list that `show` puts on one line."""


def _remember_devices(ctx: click.Context, _: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    ctx.meta[DEVICES] = bool(value)
    return value


class GetType(KindType):
    """A word for a kind, or, where a device is named, for what a device tells."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Kind:
        """The kind; of a device, the word itself."""
        if ctx is None or not ctx.meta.get(DEVICES):
            return super().convert(value, param, ctx)
        if value not in DEVICE_WORDS:
            self.fail(f"devices do not tell {value!r}; they tell {', '.join(DEVICE_WORDS)}")
        return Kind(str(value), str(value), str(value))


@click.command(
    epilog=f"Kinds: {', '.join(kind.plural_flag for kind in KINDS.values())}. Of devices: {', '.join(DEVICE_WORDS)}."
)
@click.argument("kind", type=GetType(plural=True))
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--project", help="Only those of a project.")
@click.option("--stack", help="Only those of a stack.")
@click.option(
    "--device",
    "devices",
    multiple=True,
    is_eager=True,
    callback=_remember_devices,
    metavar="ADDRESS",
    help="Ask devices instead: eos://admin@leaf1, or the inventory's by name (leaf*) or @group; may be given again.",
)
@click.option("--where", multiple=True, metavar="NAME=VALUE", help="Of devices: only where tags.region=east, say.")
@click.option("--columns", default="", metavar="PATHS", help="Of devices: the columns, as device,name,tags.region.")
@click.option("--inventory", default="", metavar="FILE", help="Of devices.  [default: CPAL_INVENTORY]")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, min_open=True), help="Of devices: seconds for each.")
@format_option
def get(
    kind: Kind, names: tuple[str, ...], project: str | None, stack: str | None, devices: tuple[str, ...],
    where: tuple[str, ...], columns: str, inventory: str, timeout_s: float | None, form: str,
) -> int:  # fmt: skip
    """List the things of a kind, or those that are named; or, with --device, what devices say."""
    if devices:
        if project is not None or stack is not None:
            raise Invalid("a device knows no projects and stacks", key="--device")
        # lazy: only this asks devices
        from cpal.faces.cli.get_device import Chosen, list_of_devices

        chosen = Chosen(devices, where, inventory, timeout_s)
        return list_of_devices(kind.name, chosen, names, form, columns, home_directory())
    if where or columns or inventory or timeout_s is not None:
        raise Invalid("these options are of devices", key="--where, --columns, --inventory, --timeout",
                      remedy="say which, with --device")  # fmt: skip
    with opened() as session:
        found = _stacks(session) if kind.name == "stack" else _records(session, kind, names)
    found = [each for each in found if project in (None, each.get("project")) and stack in (None, each.get("stack"))]
    print_list(found, COLUMNS[kind.name], form, f"there are no {kind.plural.replace('_', ' ')}")
    return 0


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


@click.command()
@click.argument("kind", type=KindType(plural=False))
@click.argument("name")
@format_option
def show(kind: Kind, name: str, form: str) -> None:
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
