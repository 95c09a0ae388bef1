"""The control interface: by which a test, or a person with curl, cables emulated devices, breaks and reboots them.

    GET    /devices                     each device: make, address, state
    POST   /devices/NAME/cables         {"port", "device", "neighbour"}; without "device" the cable is taken out
    POST   /devices/NAME/stations       {"mac", "vlan", "port", "ip"}: a machine that is heard there
    POST   /devices/NAME/peers          {"address", "up"}: a BGP session that comes up or goes down
    POST   /devices/NAME/faults         {"match", "action", "when", "skip", "times"}; see `faults`
    DELETE /devices/NAME/faults         no more faults; what hangs goes on
    POST   /devices/NAME/reboot         down now, then up with the startup configuration

It has no password: it listens on this machine's own address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cpal.errors import CpalError, Invalid, NotFound
from cpal.lab.emulate.device import Cable, Station
from cpal.lab.emulate.door import Door
from cpal.lab.emulate.faults import Fault
from cpal.lab.emulate.fleet import Emulated, Fleet
from cpal.lab.emulate.listener import Answer, Asked, Listener


class _Cable(msgspec.Struct, forbid_unknown_fields=True):
    port: str
    device: str = ""
    neighbour: str = ""


class _Peer(msgspec.Struct, forbid_unknown_fields=True):
    address: str
    up: bool = True


def _cable(emulated: Emulated, body: bytes) -> None:
    wanted = msgspec.json.decode(body, type=_Cable)
    if wanted.port not in emulated.device.ports:
        raise NotFound(f"there is no port {wanted.port!r}", remedy=f"there are {', '.join(emulated.device.ports)}")
    emulated.device.plug(wanted.port, Cable(wanted.device, wanted.neighbour) if wanted.device else None)


def _station(emulated: Emulated, body: bytes) -> None:
    emulated.device.stations.append(msgspec.json.decode(body, type=Station))


def _peer(emulated: Emulated, body: bytes) -> None:
    wanted = msgspec.json.decode(body, type=_Peer)
    (emulated.device.established.add if wanted.up else emulated.device.established.discard)(wanted.address)


def _fault(emulated: Emulated, body: bytes) -> None:
    emulated.device.faults.arm(msgspec.json.decode(body, type=Fault))


def _no_faults(emulated: Emulated, _: bytes) -> None:
    emulated.device.faults.clear()


def _reboot(emulated: Emulated, _: bytes) -> None:
    emulated.device.reboot()


ACTIONS: Mapping[tuple[str, str], Callable[[Emulated, bytes], None]] = {
    ("POST", "cables"): _cable,
    ("POST", "stations"): _station,
    ("POST", "peers"): _peer,
    ("POST", "faults"): _fault,
    ("DELETE", "faults"): _no_faults,
    ("POST", "reboot"): _reboot,
}
"""What can be done to a device."""


def described(emulated: Emulated) -> dict[str, Any]:
    """A device in words."""
    device = emulated.device
    return {
        "name": device.identity.name, "make": device.identity.make, "emulator": True, "url": emulated.url,
        "up": not device.down, "boots": device.boots, "serial": device.identity.serial, "ports": list(device.ports),
        "cables": {port: {"device": cable.device, "port": cable.port} for port, cable in device.cables.items()},
        "faults_armed": len(device.faults.armed), "faults_struck": device.faults.struck,
    }  # fmt: skip


def control(fleet: Fleet, host: str, port: int) -> Listener:
    """The control interface of a fleet."""

    async def answer(asked: Asked) -> Answer:
        try:
            return Answer(200, msgspec.json.encode(_done(fleet, asked)))
        except NotFound as error:
            return Answer(404, msgspec.json.encode({"error": str(error)}))
        except (CpalError, msgspec.DecodeError) as error:
            return Answer(400, msgspec.json.encode({"error": str(error)}))

    return Listener(answer, Door(host, port))


def _done(fleet: Fleet, asked: Asked) -> Any:
    words = [word for word in asked.path.split("/") if word]
    if words == ["devices"] and asked.method == "GET":
        return [described(each) for each in fleet.devices.values()]
    emulated = fleet.devices.get(words[1]) if len(words) > 1 and words[0] == "devices" else None
    if emulated is None:
        raise NotFound(f"there is nothing at {asked.path}", remedy=f"there are /devices/{{{','.join(fleet.devices)}}}")
    if len(words) == 2 and asked.method == "GET":
        return described(emulated)
    action = ACTIONS.get((asked.method, "/".join(words[2:])))
    if action is None:
        raise Invalid(f"{asked.method} {asked.path} is nothing that can be done",
                      remedy=f"there are {', '.join(' '.join(each) for each in ACTIONS)}")  # fmt: skip
    action(emulated, asked.body)
    return described(emulated)
