"""Whatever is wrong with a set of documents is told at once: each fault at its place, and nothing else.

A set of right documents has slots; a *plant* fills some of them so that one thing is wrong, with `@` where it is to be
told. Plants that do not bear on each other are planted together, of any step: text, keys and values, names, pools, the
estate, what the target can hold. Each says what it makes unclear and what must be clear for it to be a fault: that is
the oracle, and it knows nothing of how faults are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cpal.model.estate import Estate
from tests.support.telling import faults_of_documents
from tests.support.world import World

DRAWN = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))

FILES = {
    "admin.yaml": """
project: admin
networks:
  public:
    external: <external>
    provider: {network_type: flat, physical_network: <physical>}
    subnets:
      v4: {cidr: 203.0.113.0/24, gateway_ip: 203.0.113.254, allocation_pools: [<public_pool>]}
  backbone: {provider: {network_type: vlan, physical_network: physnet1, segmentation_id: <vlan>}, shared: true}
""",
    "nets.yaml": """
project: shop
networks:
  app: {cidr: <app_cidr>, mtu: <mtu><app>}
  db:
    subnets:
      one: {cidr: 10.0.2.0/24, gateway_ip: <gateway>, allocation_pools: <pool>}
      two: {cidr: <two_cidr>}
  tiny: {subnets: {tiny: {cidr: 10.0.3.0/28, allocation_pools: [<tiny_pool>]}}}
  odd: {cidr: 10.0.5.0/24<odd>}
<subnets>: {more: {network: <more_network>, cidr: 10.0.6.0/24}}
address_groups: {office: {addresses: [192.0.2.0/24, <office>]}}
security_groups:
  front:
    rules:
      - {direction: ingress, protocol: tcp, port: 80, remote: <remote>}
      - <rule>
routers:
  edge:
    interfaces: [app, <interface>]
    external_gateway: <way_out>
    routes: <routes>
""",
    "vms.yaml": """
project: shop
instances:
  a: {network: <a_network>, host: <host>, security_groups: [<group>, default]}
  b: {network: app, ip_address: <b_address><b>}
  c: {network: app, ip_address: <c_address>, extra_dhcp_opts: <options>}
  d: {networks: [{network: odd}, {network: db, fixed_ips: [<d_address>]}]}
  e: <e>
  t1: {network: tiny}
  t2: <t2>
floating_ips:
  f1: <f1>
  f2: {network: public, port: c, floating_ip_address: <floating>}
""",
    "ops.yaml": """
project: shop
stack: ops
instances:
  ops1: {network: app, <key>: "02:00:00:00:00:01"}
<ops>---
project: other
networks: {own: {cidr: 10.0.1.0/24<own>}}
instances: {o1: <o1>}
<tail>""",
}
"""The documents, with slots."""

RIGHT = {
    "external": "true", "physical": "physnet1", "public_pool": "203.0.113.10-203.0.113.99", "vlan": "7",
    "app_cidr": "10.0.1.0/24", "mtu": "1400", "app": "", "gateway": "10.0.2.1", "pool": "[10.0.2.10-10.0.2.99]",
    "two_cidr": "10.0.7.0/24", "tiny_pool": "10.0.3.4-10.0.3.9", "odd": "", "subnets": "subnets", "more_network": "odd",
    "office": "198.51.100.7", "remote": "office", "rule": "{direction: ingress, protocol: icmp}",
    "interface": "db/one", "way_out": "admin/public", "routes": "[{destination: 10.9.0.0/16, nexthop: 10.0.1.99}]",
    "a_network": "app", "host": "hv1", "group": "front", "b_address": "10.0.1.20", "b": "", "c_address": "10.0.1.30",
    "options": "[{opt_name: ntp-server, opt_value: 192.0.2.1}]",
    "d_address": "10.0.2.20", "e": "{network: db}", "t2": "{network: tiny}", "f1": "{network: public, port: b}",
    "floating": "203.0.113.5", "key": "mac_address", "ops": "", "own": "", "o1": "{network: own}", "tail": "",
}  # fmt: skip
"""What is in the slots when nothing is wrong."""

BROKEN = "project: shop\ninstances:\n  z1: {network: app, ip_address: 10.0.1.77\n  z2@: {network: app}\n"


@dataclass(frozen=True)
class Plant:
    """One thing wrong: slots filled, and files added, with `@` before what is told.

    `blurs` is what nobody can know by then, `needs` what must be known to say that it is wrong.
    """

    slots: dict[str, str]
    blurs: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    file: str = ""


def plant(blurs: str = "", needs: str = "", file: str = "", **slots: str) -> Plant:
    """A plant; `blurs` and `needs` are words."""
    return Plant(slots, frozenset(blurs.split()), frozenset(needs.split()), file)


PLANTS = {
    # text
    "syntax in a file of its own": plant(file=BROKEN),
    "syntax in a document of a file": plant(tail="---\nproject: other\nrouters: {r: {interfaces: [@}}}\n"),
    # keys and values
    "misspelt key": plant(key="@mac_adress"),
    "unknown key": plant(blurs="odd", odd=", @colour: green"),
    "misspelt section": plant(subnets="@subnts"),
    "key given twice": plant(blurs="b", b=", @ip_address: 10.0.1.21"),
    "neither true nor false": plant(blurs="public", external="@maybe"),
    "host bits": plant(blurs="app", app_cidr="@10.0.1.7/24"),
    "no number": plant(mtu="@lots"),
    "no address": plant(office="@nowhere"),
    "missing key": plant(rule="@{protocol: icmp}"),
    "no mapping": plant(blurs="db", e="@[db]"),
    # names
    "no such network": plant(needs="a", a_network="@ap"),
    "no such host": plant(needs="a", host="@hv7"),
    "no such group": plant(needs="a", group="@frnt"),
    "no such remote": plant(remote="@ofice"),
    "no such interface": plant(blurs="edge", interface="@dbb"),
    "no such way out": plant(blurs="edge gateway", way_out="@admin/pub"),
    "no such network of a subnet": plant(blurs="subnets", more_network="@od"),
    "no such port": plant(needs="instances", f1="{network: public, port: @bb}"),
    "declared twice": plant(blurs="a instances", ops="  a: @{network: app}\n"),
    "no network of several": plant(own="}, own2: {mtu: 1300", o1="@{}"),
    # pools
    "addresses run out": plant(needs="subnets", tiny_pool="10.0.3.4-10.0.3.4", t2="@{network: tiny}"),
    "floating addresses run out": plant(
        needs="public subnets gateway", public_pool="203.0.113.10-203.0.113.10", f1="@{network: public, port: b}"
    ),
    # the estate
    "outside the subnet": plant(needs="app subnets b", b_address="@10.0.9.9"),
    "taken": plant(needs="app subnets b", b_address="10.0.1.30", c_address="@10.0.1.30"),
    "gateway outside": plant(blurs="db", needs="db", gateway="@10.0.9.1"),
    "pool outside": plant(needs="db", pool="@[10.0.9.2-10.0.9.9]"),
    "too large for the underlay": plant(mtu="@9000"),
    "no such VLAN": plant(vlan="@4095"),
    "no host there": plant(physical="@physnet9"),
    "no way to the next hop": plant(
        needs="app edge subnets", routes="@[{destination: 10.9.0.0/16, nexthop: 10.77.0.1}]"
    ),
    "no way from the port": plant(needs="odd edge public gateway subnets", f1="{network: public, port: @d:odd}"),
    "no subnet for the address": plant(needs="db subnets", d_address="@10.0.8.8"),
    "the gateway's address": plant(needs="public subnets", floating="@203.0.113.254"),
    "ports without a protocol": plant(rule="@{direction: ingress, port: 80}"),
    "another stack's": plant(own="}, legacy: @{mtu: 1300"),
    # the target
    "no such encapsulation": plant(app=", provider: {network_type: @stt}"),
    "no such option": plant(options="@[{opt_name: nonsense, opt_value: x}]"),
}
"""What can be wrong, by what it is."""


def lab() -> Estate:
    """A lab, and a network of project other that another stack declared."""
    world = World("hv1", "hv2", physical_networks=("physnet1",))
    world.add(replace(world.network(world.project("other"), "legacy", "10.9.0.0/24"), stack="theirs"))
    return world.estate()


LAB = lab()


def apart(plants: Iterable[Plant]) -> bool:
    """Whether plants fill different slots and none blurs what another needs."""
    slots: set[str] = set()
    seen: list[Plant] = []
    for each in plants:
        if slots & each.slots.keys() or any(each.blurs & other.needs | other.blurs & each.needs for other in seen):
            return False
        slots |= each.slots.keys()
        seen.append(each)
    return True


def planted(names: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The documents with these plants, and the places where something is wrong with them, in order."""
    chosen = [PLANTS[name] for name in names]
    slots = RIGHT | {slot: text for each in chosen for slot, text in each.slots.items()}
    files = FILES | {f"new{number}.yaml": each.file for number, each in enumerate(chosen) if each.file}
    marked = {name: re.sub("<([a-z0-9_]+)>", lambda slot: slots[slot[1]], text) for name, text in files.items()}
    places = []
    for name, text in sorted(marked.items()):
        for at, mark in enumerate(re.finditer("@", text)):
            before = text[: mark.start()]
            line = before.rpartition("\n")[2]
            places.append(f"{name}:{before.count(chr(10)) + 1}:{len(line.replace('@', '')) + 1}")
            assert at < len(chosen)
    return {name: text.replace("@", "") for name, text in marked.items()}, places


def assert_told(names: Iterable[str]) -> None:
    """Exactly what is planted is told, where it is."""
    texts, places = planted(names)
    told = faults_of_documents(texts, LAB)
    assert [fault.place for fault in told] == places, "\n".join(map(str, told))


def test_nothing_is_wrong_without_plants() -> None:
    assert_told([])


@pytest.mark.parametrize("name", PLANTS)
def test_what_is_wrong_is_told_and_nothing_that_follows_from_it(name: str) -> None:
    assert_told([name])


@DRAWN
@given(st.lists(st.sampled_from(list(PLANTS)), unique=True, min_size=2))
def test_everything_that_is_wrong_is_told_at_once(names: list[str]) -> None:
    chosen: list[str] = []
    for name in names:
        if apart(PLANTS[each] for each in (*chosen, name)):
            chosen.append(name)
    assert_told(chosen)
