"""What a driver tells of its limits in general is what it refuses in particular, field by field."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType

import pytest

from cpal.core.driver import Capability
from cpal.drivers.devices import device_limits, fabric_limits, mlag_limits, ospf_limits, switch_limits
from cpal.drivers.devices.frr import capability as frr
from cpal.drivers.devices.junos import leaf_limits, pair_limits, tree_limits
from cpal.drivers.devices.junos import target as junos
from cpal.drivers.devices.nxos import limits as nxos
from cpal.drivers.devices.nxos import target as nxos_target
from cpal.drivers.devices.words import Words
from cpal.drivers.ovn import capability as ovn
from cpal.engine.targets import DRIVERS, driver
from cpal.faces.cli.capabilities import told
from cpal.model.estate import KINDS
from cpal.model.switch import Interface, Vlan
from cpal.model.target import Target


def refused(module: ModuleType) -> set[str]:
    """The fields that are named where a capability's module says what cannot be."""
    calls = (node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call))
    named = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Cannot")
    return {str(field.value) for field in named if isinstance(field, ast.Constant)}


def limited_by(*makes: str) -> Capability:
    """The capability of the first, with the limits of all: no make has every one of a module."""
    first, *others = [driver(make).rules.capability for make in makes]
    more = (limit for each in others for limit in each.limits if limit.kind in first.refuse)
    return first._replace(limits=tuple(dict.fromkeys((*first.limits, *more))))


LEAST = Words("any", "Any", ("any",), ("Port",), ("Port",), mtus=(68, 9000), own_vlans=(1,), only_ascii=True)
"""A make that holds no more than any."""


@pytest.mark.parametrize(
    ("module", "capability"),
    [
        (ovn, ovn.CAPABILITY),
        (frr, frr.CAPABILITY),
        (switch_limits, switch_limits.capability(LEAST, "none")),
        (fabric_limits, driver("eos").rules.capability),
        (switch_limits, driver("ios").rules.capability),
        (fabric_limits, nxos_target.CAPABILITY),
        (nxos, nxos_target.CAPABILITY),
        *((device_limits, driver(make).rules.capability) for make in ("eos", "ios", "nxos")),
        *((mlag_limits, driver(make).rules.capability) for make in ("eos", "nxos")),
        (ospf_limits, limited_by("ios", "frr")),
        (junos, junos.CAPABILITY),
        (leaf_limits, junos.CAPABILITY),
        (tree_limits, junos.CAPABILITY),
        (pair_limits, junos.CAPABILITY),
        (mlag_limits, junos.CAPABILITY),
    ],
)
def test_each_field_that_may_be_refused_is_told_of(module: ModuleType, capability: Capability) -> None:
    assert {limit.field for limit in capability.limits} >= refused(module)
    assert len(set(capability.limits)) == len(capability.limits)
    for limit in capability.limits:
        assert limit.kind in {*capability.refuse, *capability.refuse_together}
        assert limit.field in KINDS[limit.kind].__struct_fields__


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_every_kind_and_limit_of_a_driver_is_shown(name: str) -> None:
    rules = driver(name).rules
    rows = list(told(rules))
    assert [row["kind"] for row in rows if not row["field"]] == [kind.replace("_", " ") for kind in KINDS]
    shown = sorted(str(row["why"]) for row in rows if row["field"])
    assert shown == sorted(limit.why for limit in rules.capability.limits)
    never = {limit.kind.replace("_", " ") for limit in rules.capability.limits if limit.never}
    assert {row["kind"] for row in rows if not row["field"] and row["holds"] == "no"} == never


@pytest.mark.parametrize(("capability", "more"), [(ovn.CAPABILITY, ["name"]), (frr.CAPABILITY, [])])
def test_what_has_no_switches_refuses_their_records_for_its_own_endpoints_alone(
    capability: Capability, more: list[str]
) -> None:
    """VLANs, and of OVN interfaces too: leaves have those."""
    target = Target(id="t", name="t", driver="any", endpoints={"northbound": "unix:nb"})
    for device, fields in (("northbound", ["devices", *more]), ("leaf1", [])):
        vlan = Vlan(id="v", name="red", vlan_id=10, devices=("other", device))
        records = (vlan, Interface(id="i", name=f"{device}/Ethernet1"))
        found = [cannot.field for record in records for cannot in capability.refuse[record.kind](target, record)]
        assert found == fields
