"""`cpal replay`: a recording of a device, read by the same parsers as a live one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from cpal.engine.recordings import replay as replay_case
from cpal.errors import Invalid
from cpal.faces.cli.output import print_value
from cpal.faces.device.napalm import normal_form

NAPALM = "napalm"


@click.command()
@click.argument("driver")
@click.argument("getter")
@click.argument("case", metavar="CASE_DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--format", "form", type=click.Choice(("json", "yaml")), default="json", show_default=True)
@click.option("--as", "as_", type=click.Choice((NAPALM,)), help="In NAPALM's normal form, made from the typed value.")
@click.option("--destination", help="What `route_to` was asked of (default: 1.0.4.0/24), or `ping` (8.8.8.8).")
def replay(driver: str, getter: str, case: Path, form: str, as_: str | None, destination: str | None) -> None:
    """Read a recorded case with a driver's getter, and print the typed value.

    DRIVER is one of the page docs/reference/devices.md, and GETTER one that it has, also by its name in NAPALM or in
    recordings (facts, get_facts, test_get_facts). CASE_DIR holds a file for each answer, named after what was asked.
    """
    arguments: dict[str, Any] = {} if destination is None else {"destination": destination}
    if arguments and not getter.endswith(("route_to", "route_to_longer", "ping")):
        raise Invalid("only route_to and ping have a destination", key="--destination")
    read = replay_case(driver, getter, case, arguments)
    value = normal_form(read.value, driver, read.getter) if as_ == NAPALM else msgspec.to_builtins(read.value)
    print_value(value, form)
