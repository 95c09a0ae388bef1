"""The names by which a port is found: entries in its network's DNS row, each an edge of its own.

Source: ovn-nb(5), DNS: a name leads to addresses separated by spaces, a reversed address to a name.
"""

from __future__ import annotations

from ipaddress import ip_address

from cpal.core.rows import VALUE, Row, RowKey
from cpal.drivers.ovn.render import names
from cpal.model.network import Network, Port
from cpal.model.record import Key


def records(port: Port, domain: str) -> list[Row]:
    """The records of a port: its name, with the network's `domain` too, and its addresses back to the name."""
    if not port.dns_name or not port.addresses:
        return []
    name = port.dns_name.rstrip(".").lower()
    suffix = domain.lower()
    full = f"{name}.{suffix}" if suffix else name
    addresses = " ".join(port.addresses)
    entries = {name: addresses, full: addresses}
    entries.update((ip_address(address).reverse_pointer, full) for address in port.addresses)
    zone, because = names.dns(port.network_id), (port.key, Key(Network.kind, port.network_id))
    return [_record(zone, entry, value, because) for entry, value in entries.items()]


def _record(zone: RowKey, entry: str, value: str, because: tuple[Key, ...]) -> Row:
    return Row(RowKey("DNS.records", f"{zone.name} {entry}"), {VALUE: (entry, value)}, because, within=zone)
