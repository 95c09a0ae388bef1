"""A network: a logical switch, its way to the physical network, its DNS row."""

from __future__ import annotations

from cpal.core.rows import Row, Value
from cpal.core.view import View
from cpal.drivers.ovn.render import names
from cpal.model.network import OVERLAY_TYPES, Network, Segment


def network(view: View, record: Network) -> list[Row]:
    """The rows of a network: a way to each physical network that it is on, of which a host uses the one that it has.

    Source: ovn-nb(5), Logical_Switch, Logical_Switch_Port `localnet`, DNS.
    """
    because = (record.key,)
    switch, dns = names.switch(record.id), names.dns(record.id)
    columns: dict[str, Value] = {"name": names.PREFIX + record.id, **names.external_ids(record.name)}
    config: dict[str, str] = {}
    if record.network_type in OVERLAY_TYPES and record.segmentation_id is not None:
        config[names.REQUESTED_KEY] = str(record.segmentation_id)
    if record.vlan_transparent:
        config["vlan-passthru"] = "true"
    if config:
        columns["other_config"] = config
    rows = [
        Row(switch, columns, because),
        Row(dns, dict(names.external_ids(record.name)), because),
        names.edge("Logical_Switch.dns_records", switch, dns, because),
    ]
    if record.physical_network:
        rows.append(_localnet(record, record.id, record))
        rows += [_localnet(record, each.id, each) for each in record.segments[1:]]
    return rows


def _localnet(record: Network, id: str, segment: Network | Segment) -> Row:
    key = names.localnet(id)
    columns: dict[str, Value] = {
        "name": key.name,
        "type": "localnet",
        "addresses": ("unknown",),
        "options": {"network_name": segment.physical_network},
    }
    if segment.segmentation_id is not None:
        columns["tag"] = segment.segmentation_id
    return Row(key, columns, (record.key,), within=names.switch(record.id))
