"""Network instances: VRFs, bridge domains and the like."""

from __future__ import annotations

from enum import StrEnum

from cpal.model.device.state import State


class InstanceType(StrEnum):
    """What a network instance does. Source: openconfig-network-instance-types, `NETWORK_INSTANCE_TYPE`."""

    DEFAULT = "DEFAULT_INSTANCE"
    L3VRF = "L3VRF"
    L2VSI = "L2VSI"
    L2P2P = "L2P2P"
    L2L3 = "L2L3"


class NetworkInstance(State, frozen=True, kw_only=True):
    """A network instance. Source: openconfig-network-instance `/network-instances/network-instance`.

    `kind` is the device's own word where OpenConfig has no type for it.
    """

    name: str
    type: InstanceType | None = None
    kind: str | None = None
    route_distinguisher: str | None = None
    interfaces: tuple[str, ...] = ()
