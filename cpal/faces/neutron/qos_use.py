"""What has a QoS policy: networks, ports, floating IPs and gateways, as far as who asks may use it.

Source: Networking API v2.0, `qos_policy_id`; extensions qos, qos-fip, qos-gateway-ip.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpal.faces.neutron.attribute import UNSET
from cpal.faces.neutron.fault import ApiFault
from cpal.faces.neutron.scene import Scene
from cpal.model.claims import default_claim
from cpal.model.estate import Estate
from cpal.model.network import Network
from cpal.model.qos import QosPolicy


def asked_policy(scene: Scene, values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """The policy that something is to have in place of the one before, as a field of its record.

    Nothing where nothing is said.

    Raises:
        ApiFault: who asks may not use it, or not take the one before away.
    """
    id = values.get("qos_policy_id", UNSET)
    if id is UNSET:
        return {}
    held = scene.estate.get(QosPolicy, before)
    if held is not None and before != id and not scene.may("get_policy", held):
        message = f"Failed to remove provided policy {before} because you are not authorized."
        raise ApiFault(403, "PolicyRemoveAuthorizationError", message)
    return {"qos_policy_id": scene.seen(QosPolicy, id, "QoS policy").id if id else ""}


def default_policy(estate: Estate, project_id: str) -> str:
    """The id of the policy that networks of a project have where they name none, or ""."""
    holder = estate.holder(default_claim(f"QoS policy of {project_id}"))
    return holder.id if holder else ""


def network_policy(estate: Estate, network_id: str) -> str | None:
    """The id of a network's policy, as its ports and floating IPs show it."""
    network = estate.get(Network, network_id)
    return (network.qos_policy_id if network else "") or None
