"""What others called is known by its VNI, as `ip -d -j address show` tells of it (iproute2 6.1)."""

from __future__ import annotations

from typing import Any

from cpal.core.rows import RowKey
from cpal.drivers.devices.frr.links import Space, named


def vxlan(name: str, vni: int, master: str = "") -> dict[str, Any]:
    """A VXLAN device, in a bridge."""
    link: dict[str, Any] = {"ifname": name, "linkinfo": {"info_kind": "vxlan", "info_data": {"id": vni}}}
    return {**link, "master": master} if master else link


def bridge(name: str) -> dict[str, Any]:
    """A bridge."""
    return {"ifname": name, "linkinfo": {"info_kind": "bridge", "info_data": {}}}


def names(*spaces: Space) -> dict[tuple[str, str], str]:
    """The rows of what is called otherwise than cpal calls it."""
    return {at: str(key) for at, key in named("leaf1", spaces).rows.items()}


def test_a_bridge_with_one_vxlan_device_is_its_vnis_whatever_both_are_called() -> None:
    own = Space("", True, [bridge("vlan10"), vxlan("vxlan5010", 5010, "vlan10")])
    assert names(own) == {("", "vlan10"): "bridge leaf1 layer2 br5010", ("", "vxlan5010"): "vxlan leaf1 vx5010"}
    assert named("leaf1", [own]).places[RowKey("bridge", "leaf1 layer2 br5010")] == ("", "vlan10")
    red = Space("red", True, [bridge("lan"), vxlan("tunnel", 7, "lan")])
    assert names(red) == {("red", "lan"): "bridge leaf1 red br7", ("red", "tunnel"): "vxlan leaf1 vx7"}


def test_what_cpal_called_is_called_so() -> None:
    assert names(Space("red", True, [bridge("br7"), vxlan("vx7", 7, "br7")])) == {}


def test_what_is_in_no_bridge_of_its_own_goes_by_its_name() -> None:
    for links in (
        [vxlan("theirs", 7)],
        [bridge("all"), vxlan("one", 7, "all"), vxlan("two", 8, "all")],
        [bridge("all"), {"ifname": "any", "master": "all", "linkinfo": {"info_kind": "vxlan", "info_data": {}}}],
    ):
        assert names(Space("", True, links)) == {}


def test_a_name_that_another_device_has_is_not_given_twice() -> None:
    inside = [bridge("lan"), vxlan("tunnel", 7, "lan"), vxlan("vx7", 77)]
    assert names(Space("red", True, inside)) == {("red", "lan"): "bridge leaf1 red br7"}
