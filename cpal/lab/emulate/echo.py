"""Whether echoes that a device sends come back: followed through its routes, and through cables to other devices.

An echo goes by the most specific route of its VRF. It arrives where an interface that is up holds the address; at a
station that was heard on the interface's network; or at the device at the other end of the port's cable, which sends it
on by its own routes. Its reply goes back in the same way. Routes are the connected and the static ones: what BGP would
bring is not computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from cpal.lab.emulate.device import Address, Device, Held

MOST_HOPS = 64
RTT_MS = 1.0
"""The round trip that emulators tell, in milliseconds: nothing is measured."""


class Outcome(Enum):
    """What becomes of echoes."""

    ANSWERED = "answered"
    LOST = "lost"
    NO_ROUTE = "no route"
    NO_SOURCE = "no such source"
    NO_VRF = "no such vrf"


class Echo(NamedTuple):
    """What becomes of echoes, and the address that they leave from."""

    outcome: Outcome
    source: Address | None = None


def echo(device: Device, destination: Address, source: Address | None, vrf: str) -> Echo:
    """What becomes of echoes that a device sends in a VRF; "" for the default one."""
    name = vrf or device.routing.default
    if name not in {device.routing.default, *device.routing.vrfs(device)}:
        return Echo(Outcome.NO_VRF)
    own = [each.address.ip for each in device.routing.held(device) if each.vrf == name]
    if source is not None and source not in own:
        return Echo(Outcome.NO_SOURCE)
    if destination in own:
        return Echo(Outcome.ANSWERED, source or destination)
    out = _out(device, name, destination)
    if out is None:
        return Echo(Outcome.NO_ROUTE)
    sender = source or out[0].address.ip
    ends = _delivered(device, name, destination)
    back = any(_comes_back(end, sender, device) for end in ends)
    return Echo(Outcome.ANSWERED if back else Outcome.LOST, sender)


class _End(NamedTuple):
    """Where an echo arrived: a device and VRF, or a station, whose gateway is the device that it is heard by."""

    device: Device
    vrf: str


def _comes_back(end: _End, sender: Address, device: Device) -> bool:
    return end.device is device or any(each.device is device for each in _delivered(end.device, end.vrf, sender))


def _out(device: Device, vrf: str, destination: Address) -> tuple[Held, Address] | None:
    """The interface that packets leave by, and the neighbour on it that they go to."""
    held = [each for each in device.routing.held(device) if each.vrf == vrf]
    connected = [(each.address.network, each, destination) for each in held if destination in each.address.network]
    static = [
        (hop.network, each, hop.next) for hop in device.routing.statics(device, vrf) if destination in hop.network
        for each in held if hop.next in each.address.network
    ]  # fmt: skip
    best = max([*connected, *static], key=lambda each: each[0].prefixlen, default=None)
    return best and (best[1], best[2])


def _delivered(device: Device, vrf: str, destination: Address) -> Iterator[_End]:
    """Where packets to an address arrive, or nothing."""
    for _ in range(MOST_HOPS):
        held = device.routing.held(device)
        if any(each.vrf == vrf and each.address.ip == destination for each in held):
            yield _End(device, vrf)
            return
        out = _out(device, vrf, destination)
        if out is None:
            return
        way, neighbour = out
        if neighbour == destination and _is_heard(device, way, destination):
            yield _End(device, vrf)
            return
        there = _across(device, way, neighbour)
        if there is None:
            return
        device, vrf = there


def _is_heard(device: Device, way: Held, address: Address) -> bool:
    """Whether a station with an address was heard on the network of an interface."""
    return any(
        station.ip == str(address) and (station.vlan == way.vlan if way.vlan else station.port == way.port)
        for station in device.stations
    )


def _across(device: Device, way: Held, neighbour: Address) -> tuple[Device, str] | None:
    """The device at the other end of a cable that holds an address on that port, and its VRF."""
    cable = device.cables.get(way.port)
    there = device.beside.get(cable.device) if cable else None
    if cable is None or there is None or there.down:
        return None
    back = there.cables.get(cable.port)
    if back is None or (back.device, back.port) != (device.identity.name, way.port):
        return None
    ends = (each.vrf for each in there.routing.held(there) if each.port == cable.port and each.address.ip == neighbour)
    return next(((there, vrf) for vrf in ends), None)
