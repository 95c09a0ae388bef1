"""Spanning trees: who is the root, and which ports forward."""

from __future__ import annotations

from cpal.model.device.state import State


class Bridge(State, frozen=True, kw_only=True):
    """A bridge in a tree: priority (with the instance's number in it, IEEE 802.1Q, 13.26.2) and MAC address."""

    priority: int | None = None
    mac_address: str | None = None


class TreePort(State, frozen=True, kw_only=True):
    """A port of a tree. Source: openconfig-spanning-tree `interfaces/interface/state`; words as there, in lower case.

    `role` is `root`, `designated`, `alternate`, `backup`, `master` or `disabled`; `state` `forwarding`, `blocking`,
    `listening`, `learning` or `disabled`. `edge` is whether it leads to no bridge.
    """

    interface: str
    role: str | None = None
    state: str | None = None
    cost: int | None = None
    priority: int | None = None
    edge: bool | None = None


class SpanningTree(State, frozen=True, kw_only=True):
    """A tree. Source: openconfig-spanning-tree `/stp`; `name` is the device's: `MST0`, `VL10`, `VLAN0010`, a bridge.

    `protocol` is `stp`, `rstp`, `mstp` or `rapid-pvst`; `vlan` the VLAN that it is of, where it is of one. `is_root` is
    whether this device is the root; `root_port` leads to it otherwise.
    """

    name: str
    protocol: str | None = None
    vlan: int | None = None
    is_root: bool | None = None
    root: Bridge | None = None
    bridge: Bridge | None = None
    root_port: str | None = None
    root_cost: int | None = None
    ports: tuple[TreePort, ...] = ()
