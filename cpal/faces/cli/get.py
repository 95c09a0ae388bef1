"""`cpal get` and `cpal show`: what there is, or what devices say."""

from __future__ import annotations

import click

from cpal.engine.places import home_directory
from cpal.errors import Invalid
from cpal.faces.cli.device_words import DEVICE_WORDS
from cpal.faces.cli.kinds import KINDS, Kind
from cpal.faces.cli.output import format_option
from cpal.faces.cli.resolve import KindType

DEVICES = "cpal.devices"
"""Where it is remembered that devices are asked."""


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
    # lazy: who asks devices has no use for the estate
    from cpal.faces.cli.get_records import list_of_records

    list_of_records(kind, names, project, stack, form)
    return 0


@click.command()
@click.argument("kind", type=KindType(plural=False))
@click.argument("name")
@format_option
def show(kind: Kind, name: str, form: str) -> None:
    """Show one thing in full, by its name, `project/name`, or id."""
    # lazy: as in `get`
    from cpal.faces.cli.get_records import show_record

    show_record(kind, name, form)
