"""`cpal gateway`: overlays of different encapsulations joined, until Ctrl-C."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cpal.faces.cli.output import column, format_option, print_list, print_value
from cpal.faces.cli.screen import note
from cpal.wire.carry import REFUSALS
from cpal.wire.faults import FAULTS

CARRIED = ("source", "source_vni", "destination", "destination_vni", "frames", "bytes")
REFUSED = ("end", "refusal", "count", "why")

if TYPE_CHECKING:
    from cpal.engine.gateway.run import Gateway


@click.command(epilog="Refusals: " + "; ".join(f"{name}: {words}" for name, words in REFUSALS.items()) + ".")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--every", "every_s", type=click.FloatRange(0.1), default=None, help="Print the counters every so many seconds."
)
@click.option("--check", is_flag=True, help="Say whether the file is right, and go.")
@format_option
def gateway(file: Path, every_s: float | None, check: bool, form: str) -> None:
    """Join overlays that speak Geneve, VXLAN, NVGRE and STT, on this machine.

    FILE says which ends there are, and which number a network has at each:

    \b
        ends:
          left:  {encapsulation: vxlan, local: 192.0.2.1, remotes: [192.0.2.2]}
          right: {encapsulation: nvgre, local: 198.51.100.1, remotes: [198.51.100.2]}
        networks:
          - {left: 5000, right: 0x1388}

    It runs until Ctrl-C, then tells what it carried and what it refused. NVGRE and STT need root. All of it is in user
    space, which bounds how much it carries: docs/howto/join-overlays.md says what was measured.
    """
    # lazy: only this verb opens sockets
    from cpal.engine.gateway.run import Gateway
    from cpal.engine.gateway.setting import load

    setting = load(file)
    if check:
        note(f"{file} is right: {len(setting.ends)} ends, {len(setting.networks)} networks")
        return
    running = Gateway(setting)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: running.stop())
    for name, end in setting.ends.items():
        note(f"{name}: {end.encapsulation} at {end.local}, to {', '.join(end.remotes)}")
    try:
        running.run(_Ticker(running, every_s, form) if every_s else lambda: None)
    finally:
        running.close()
    _print(running, form)


class _Ticker:
    """Prints the counters now and then."""

    def __init__(self, running: Gateway, every_s: float, form: str) -> None:
        self._running, self._every_s, self._form = running, every_s, form
        self._next = time.monotonic() + every_s

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            self._next += self._every_s
            _print(self._running, "jsonl" if self._form == "json" else self._form)


def _print(running: Gateway, form: str) -> None:
    carried = [_fields(each) for each in running.counters()]
    refused = [{**_fields(each), "why": _why(each.refusal)} for each in running.refusals()]
    if form == "csv":
        print_list([*carried, *refused], (), form, fields=(*CARRIED, *REFUSED))
    elif form == "table":
        print_list(carried, [column(name) for name in CARRIED], form, "nothing was carried")
        print_list(refused, [column(name) for name in REFUSED], form, "nothing was refused")
    else:
        print_value({"carried": carried, "refused": refused}, form)


def _why(name: str) -> str:
    return REFUSALS.get(name) or FAULTS.get(name, "")


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}
