"""Port forwardings: ids that follow from the floating IP's port, so that to lead elsewhere is a change."""

from __future__ import annotations

from typing import Any

from cpal.faces.documents.making import Making, Thing
from cpal.faces.documents.names import Owner
from cpal.faces.documents.shapes import Item
from cpal.model.claims import claims_of
from cpal.model.port_forwarding import PortForwarding
from cpal.model.record import Claim, Key
from cpal.model.unknown import UNKNOWN


def make_forwardings(making: Making, floating: Thing) -> None:
    """Make the port forwardings that are written in a floating IP."""
    said: tuple[Item, ...] = floating.item.get("port_forwardings") or ()
    for item in said:
        make_forwarding(making, floating.owner, floating.id, item)


def make_forwarding(making: Making, owner: Owner, floating_id: Any, item: Item) -> None:
    """Make one port forwarding, if nothing is wrong with it: nothing else refers to one."""
    known = len(item.source.faults)
    values = {**making.values(PortForwarding, item, owner), "floatingip_id": floating_id}
    if not item.known or len(item.source.faults) > known or any(value is UNKNOWN for value in values.values()):
        return
    claims = [claim for claim in claims_of(PortForwarding(id="", **values)) if claim.space == "forwarded port"]
    if not claims:
        item.fault("external_port_range", "is no range of ports", "write the lower one first")
        return
    before = next((making.rules[claim] for claim in claims if claim in making.rules), None)
    if before is not None:
        item.fault("", "a port is forwarded twice", f"the first is at {before}")
        return
    making.rules |= dict.fromkeys(claims, item.source.place(item.place))
    stored = _stored(making, floating_id, claims[0])
    taken = stored is not None and making.names.claim(Key(PortForwarding.kind, stored))
    id = stored if taken and stored else making.names.draw(PortForwarding.kind, owner, claims[0].value)
    making.put(PortForwarding, Thing(owner, "", item, id), values)


def _stored(making: Making, floating_id: str, claim: Claim) -> str | None:
    """The id of the forwarding of the same first port that is there."""
    found: list[PortForwarding] = making.estate.find("port_forwarding.floating_ip", floating_id)
    return next((each.id for each in found if claims_of(each)[:1] == [claim]), None)
