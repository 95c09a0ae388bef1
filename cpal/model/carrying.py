"""Which port stands for which at a machine: a subport is there through the port of its trunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cpal.model.estate import Estate
from cpal.model.network import Port
from cpal.model.trunk import Trunk


def trunk_above(estate: Estate, port_id: str) -> Trunk | None:
    """The trunk whose subport it is."""
    return next(iter(estate.find("trunk.subport", port_id)), None)


def carrier(estate: Estate, port: Port) -> Port:
    """The port through which a machine has a port: that of its trunk, else itself."""
    trunk = trunk_above(estate, port.id)
    return (estate.get(Port, trunk.port_id) if trunk else None) or port


def carried(estate: Estate, port: Port) -> Iterator[tuple[int, Port]]:
    """The subports of a port's trunk, with their VLANs, in the order of the trunk."""
    trunks: list[Trunk] = estate.find("trunk.port", port.id)
    for subport in (each for trunk in trunks for each in trunk.sub_ports):
        found = estate.get(Port, subport.port_id)
        if found is not None:
            yield subport.segmentation_id, found


def beside(estate: Estate, port: Port) -> list[Port]:
    """All ports of the machine that has a port, itself included."""
    own = carrier(estate, port)
    ports: Iterable[Port] = estate.find("port.device", own.device_id) if own.device_id else (own,)
    return [each for one in ports for each in (one, *(inner for _, inner in carried(estate, one)))]
