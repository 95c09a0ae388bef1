"""`cpal lab emulate`: emulators of network devices, to try a program on before it meets the real ones."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import click

from cpal.faces.cli.screen import done, note

if TYPE_CHECKING:
    from cpal.lab.emulate.fleet import Fleet, Wanted

MAKES = ("eos", "ios", "junos", "nxos")
"""The makes that are emulated: those of `cpal.lab.emulate.makes`, as a test proves, for which help does not wait."""


@click.command()
@click.option("--make", type=click.Choice(MAKES), required=True, help="What is emulated.")
@click.option("--port", type=click.IntRange(1, 65535), required=True, help="Where the first one listens.")
@click.option("--count", type=click.IntRange(1, 1000), default=1, show_default=True, help="So many, at ports in a row.")
@click.option("--name", metavar="NAME", help="What they are called, with a number each.  [default: the make]")
@click.option("--ports", type=click.IntRange(1, 128), default=8, show_default=True, help="Ports of each.")
@click.option("--address", default="127.0.0.1", show_default=True, metavar="HOST", help="The address to listen on.")
@click.option("--plain", is_flag=True, help="HTTP without TLS.")
@click.option("--delay-ms", type=click.IntRange(0, 10_000), default=0, help="What the network adds to each answer.")
@click.option("--ssh-port", type=click.IntRange(1, 65535), metavar="PORT",
              help="Of nxos: where the first one's command line listens too.")  # fmt: skip
@click.option("--control", type=click.IntRange(1, 65535), metavar="PORT",
              help="Where 127.0.0.1 takes orders: cables, failures, reboots.")  # fmt: skip
def emulate(
    make: str, port: int, count: int, name: str | None, ports: int, address: str, plain: bool, delay_ms: int,
    ssh_port: int | None, control: int | None,
) -> None:  # fmt: skip
    """Emulate network devices in the foreground, until Ctrl-C.

    They keep configurations, sessions and timers, and answer `show` commands from them, but forward nothing: what works
    on an emulator is still to be tried on a device.
    """
    # lazy: only this verb and the server need it
    import uvloop

    # lazy: only this verb needs it
    from cpal.lab.emulate.fleet import Wanted

    stem = name or make
    names = [f"{stem}{number}" for number in range(1, count + 1)] if count > 1 or name is None else [stem]
    wanted = [
        Wanted(
            make, each, address, port + number, ports, plain, delay_ms / 1000,
            ssh_port=None if ssh_port is None else ssh_port + number,
        )
        for number, each in enumerate(names)
    ]  # fmt: skip
    uvloop.run(_serve(wanted, control))


async def _serve(wanted: list[Wanted], control_port: int | None) -> None:
    # lazy: as above
    from cpal.lab.emulate.control import control

    # lazy: as above
    from cpal.lab.emulate.fleet import fleet

    async with fleet(wanted) as found:
        listener = control(found, "127.0.0.1", control_port) if control_port else None
        if listener:
            listener.open()
        _tell(found, control_port)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
        if listener:
            listener.end()


def _tell(found: Fleet, control_port: int | None) -> None:
    # lazy: as above
    from cpal.lab.emulate.fleet import PASSWORD, USER

    # lazy: as above
    from cpal.lab.emulate.makes import MAKES as made

    for name, each in found.devices.items():
        make = made[each.device.identity.make]
        typed = f", SSH at {each.host}:{each.command_line.port}" if each.command_line else ""
        done(f"{name}: an emulator of {make.title}, no device; {make.api} at {each.url}{typed}")
    note(f"user {USER}, password {PASSWORD}; nothing is forwarded; Ctrl-C ends it, and forgets all")
    if control_port:
        note(f"orders are taken at http://127.0.0.1:{control_port}/devices")
