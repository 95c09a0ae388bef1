"""The process that emulates the switches beside a fabric: `python -m cpal.lab.fabric.emulating DIRECTORY`.

Each switch says by LLDP that it is cabled to the spines, as a leaf is, and to the switch after it and the one before:

    eos1 port 1, 2 -- spine1, spine2      eos1 port 3 -- ios1 port 4      ios1 port 3 -- junos1 port 4 ...
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from cpal.lab.emulate.control import control
from cpal.lab.emulate.device import Cable, Device
from cpal.lab.emulate.fleet import USER, Emulated, Wanted, fleet
from cpal.lab.emulate.ios.configuration import editing as ios_editing
from cpal.lab.emulate.makes import MAKES
from cpal.lab.emulate.nxos.configuration import editing as nxos_editing

from ..records import EmulatedSwitch
from .told import Told, ready_file, told_file

HOST = "127.0.0.1"
MIN_PORTS = 8
DISCOVERY = {"ios": (ios_editing, "lldp run"), "nxos": (nxos_editing, "feature lldp")}
"""What switches LLDP on, on makes that come without."""


def name_of(make: str) -> str:
    """What the switch of a make is called."""
    return f"{make}1"


def described(make: str, port: int) -> EmulatedSwitch:
    """A switch in words, with the address that `--device` takes: in plain text where it is HTTP, on this machine."""
    scheme = f"{make}+http" if _is_http(make) else make
    return EmulatedSwitch(
        name=name_of(make), make=make, title=MAKES[make].title, api=MAKES[make].api,
        address=f"{scheme}://{USER}@{HOST}:{port}",
    )  # fmt: skip


def cabling(makes: Sequence[str], spines: int) -> dict[str, dict[str, Cable]]:
    """What is plugged into each switch's ports: the spines, the switch after it, the one before."""

    def port(make: str, number: int) -> str:
        return MAKES[make].ports.format(MAKES[make].first + number)

    found = {
        name_of(make): {port(make, n): Cable(f"spine{n + 1}", name_of(make)) for n in range(spines)} for make in makes
    }
    for make, after in pairwise(makes):
        here, there = port(make, spines), port(after, spines + 1)
        found[name_of(make)][here] = Cable(name_of(after), there)
        found[name_of(after)][there] = Cable(name_of(make), here)
    return found


async def serve(directory: Path) -> None:
    """Emulate what the directory says, until told to end."""
    told = msgspec.json.decode(told_file(directory).read_bytes(), type=Told)
    cables = cabling(told.makes, told.spines)
    ports = max(MIN_PORTS, told.spines + 2)
    wanted = [
        Wanted(make, name_of(make), HOST, told.ports.get(make, 0), ports, plain=_is_http(make)) for make in told.makes
    ]
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with fleet(wanted) as found:
        orders = control(found, HOST, told.control)
        orders.open()
        try:
            for name, emulated in found.devices.items():
                _prepare(emulated.device, cables[name])
            _write(directory, told, list(found.devices.values()), orders.port)
            ready_file(directory).touch()
            await stop.wait()
        finally:
            orders.end()


def _is_http(make: str) -> bool:
    return MAKES[make].scheme == "https"


def _prepare(device: Device, cables: dict[str, Cable]) -> None:
    for port, cable in cables.items():
        device.plug(port, cable)
    if device.identity.make in DISCOVERY:
        editing, line = DISCOVERY[device.identity.make]
        editing(device, device.running).type(line)
        device.save()


def _write(directory: Path, told: Told, found: list[Emulated], orders: int) -> None:
    told.ports = {each.device.identity.make: each.port for each in found}
    told.switches = tuple(described(make, port) for make, port in told.ports.items())
    told.control = orders
    file = told_file(directory)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(told))
    fresh.rename(file)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
