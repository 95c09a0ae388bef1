"""VRFs and interfaces declared on leaves one by one. A VRF is a network namespace, as a router's is.

Which VRF an interface is in, its MTU and whether it is up is Linux's; its description and its addresses FRR keeps, also
while it is not there. Source: FRR user manual, "Zebra".
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.rows import VALUE, Row, Value
from cpal.core.view import View
from cpal.drivers.devices.frr.render.names import DRIVER, VRF_ADDRESS, VRF_DESCRIPTION, port_key, vrf_key
from cpal.drivers.devices.render_switch import ADDRESS, DESCRIPTION, is_at, key_of
from cpal.model.switch import Interface, Vrf


def vrf(view: View, record: Vrf) -> Iterator[Row]:
    """A VRF at each leaf that it is declared on."""
    for device in record.devices:
        if is_at(view, device, DRIVER):
            yield Row(vrf_key(device, record.name), {"forwarding": True}, (record.key,))


def of_interface(view: View, record: Interface) -> Iterator[Row]:
    """An interface that is in no network."""
    if not is_at(view, record.device, DRIVER):
        return
    if record.vrf or record.mtu or record.enabled is not None:
        columns: dict[str, Value] = {"up": record.enabled is not False, **mtu_of(record)}
        columns |= {"vrf": record.vrf} if record.vrf else {}
        yield Row(port_key(record.device, record.port), columns, (record.key,))
    yield from described(record, record.vrf)
    table, about = (VRF_ADDRESS, (record.port, record.vrf)) if record.vrf else (ADDRESS, (record.port,))
    for address in record.addresses:
        yield Row(key_of(table, record.device, *about, address), {VALUE: address}, (record.key,))


def described(record: Interface, vrf: str) -> Iterator[Row]:
    """The description of an interface, which is in a VRF."""
    if record.description:
        table, about = (VRF_DESCRIPTION, (record.port, vrf)) if vrf else (DESCRIPTION, (record.port,))
        yield Row(key_of(table, record.device, *about), {VALUE: record.description}, (record.key,))


def mtu_of(record: Interface) -> dict[str, Value]:
    """The MTU of an interface, where that is said."""
    return {"mtu": record.mtu} if record.mtu else {}
