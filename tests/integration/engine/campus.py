"""An estate on a Northbound database and on a fabric of real leaves, in one of two states; and what both really hold.

    python -m tests.integration.engine.campus HOME ENDPOINT LAB NAME WITHIN_S DIES_AT

makes it so, and dies (SIGKILL) as it enters the step.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from cpal.drivers.devices.frr.backend import FrrBackend
from cpal.drivers.devices.frr.leaf import LeafConnection
from cpal.drivers.ovn.backend import OvnBackend
from cpal.engine.joint import Joint, Rollout
from cpal.engine.run import Engine
from cpal.engine.store import Store
from cpal.lab.lab import Lab
from cpal.model.network import Port
from cpal.model.target import Host, Target
from tests.integration.engine.site import Northbound, towards, without_cells
from tests.integration.engine.site import world as ovn_world
from tests.support.world import World, id_of

LEAVES = ("leaf1", "leaf2")
STEPS: dict[str, tuple[type, str]] = {
    "propose": (Store, "propose"),
    "prepare": (FrrBackend, "prepare"),
    "arm": (LeafConnection, "commit"),
    "change": (LeafConnection, "apply"),
    "half": (LeafConnection, "_configure"),
    "transaction": (OvnBackend, "commit_confirmed"),
    "verify": (FrrBackend, "verify"),
    "decide": (Store, "accept"),
    "confirm": (Joint, "confirm"),
    "save": (LeafConnection, "save"),
    "note": (Store, "confirmed"),
}
"""What is entered when; up to `decide` the old state is what is left."""
CHANGE = (LeafConnection, "_change")
_change = LeafConnection._change
ORPHAN_ENDS = "cpal/orphan-ends"
"""The file in a leaf's directory that its commands make which outlive who started them."""
UNDECIDED = tuple(STEPS)[: tuple(STEPS).index("confirm")]
DECIDED = tuple(STEPS)[len(UNDECIDED) :]


def campus(endpoint: str, lab: Lab, name: str) -> World:
    """A VLAN of physnet1 with a VM and a machine behind leaf1; in `autumn` one more, behind both, and a router."""
    world = ovn_world(endpoint)
    endpoints = {leaf: f"file:{lab.directory / leaf}" for leaf in LEAVES}
    world.add(Target(id=id_of("target", "fabric"), name="fabric", driver="frr", endpoints=endpoints, encap="vxlan"))
    for number, leaf in enumerate(LEAVES, start=1):
        host = Host(id=id_of("host", leaf), name=leaf, target="fabric", underlay_address=f"10.255.1.{number}")
        world.add(replace(host, physical_networks=("physnet1",)))
    red = world.project("red")
    for vlan in (7, 8) if name == "autumn" else (7,):
        wire = world.network(red, f"wire{vlan}", physical_network="physnet1", segmentation_id=vlan)
        world.subnet(wire, f"10.{vlan}.0.0/24", enable_dhcp=False)
        world.instance(red, f"vm{vlan}", wire, host="hv1")
        for leaf in LEAVES if vlan == 8 else LEAVES[:1]:
            _behind(world, f"bare{vlan}{leaf}", leaf, wire)
    if name == "autumn":
        racked = world.network(red, "racked", network_type="vxlan")
        subnet = world.subnet(racked, "10.9.0.0/24", enable_dhcp=False)
        _behind(world, "rack", "leaf2", racked)
        world.add(replace(world.router(red, "outer", subnet), vni=5001))
    return world


def _behind(world: World, name: str, leaf: str, network: Any) -> None:
    world.instance(world.project("red"), name, network, host=leaf)
    [port] = [port for port in world.every(Port) if port.name.startswith(f"{name}-")]
    world.add(replace(port, port_security_enabled=False, security_groups=()))


def held(lab: Lab, nb: Northbound) -> dict[str, Any]:
    """What the leaves' kernels and daemons are configured to, and what is in the database."""
    links = "ip -n $name -br address | sed 's/@if[0-9]*//' | tr -s ' ' | cut -d' ' -f1,3- | sort"
    script = f"for name in $(ls /run/netns); do echo $name; {links}; done; vtysh -c 'show running-config'"
    found: dict[str, Any] = {leaf: lab.run(leaf, ["sh", "-c", script]).stdout for leaf in LEAVES}
    return {**found, "ovn": without_cells(nb.tables())}


def die_at(step: str) -> None:
    """Have this process killed as it enters a step; `orphan`: by a command on a leaf, which itself goes on."""
    if step == "orphan":
        setattr(*CHANGE, _outlived)
        return

    def entered(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(*STEPS[step], entered)


def _outlived(leaf: LeafConnection, lines: Sequence[str], lock: int) -> None:
    """What is told of at `orphan-ends` is over."""
    if lines:
        over = f"touch {leaf.directory / ORPHAN_ENDS}"
        _change(leaf, [f"kill -KILL {os.getpid()} || true", "sleep 1", *lines, over], lock)


async def bring(home: Path, world: World, rollout: Rollout) -> int:
    """Plan and apply, as `cpal apply` does; the revision."""
    async with Engine(home) as engine:
        await engine.catch_up()
        plan = await engine.plan(towards(engine.estate, world))
        return (await engine.apply(plan, "test", "", rollout=rollout)).revision


def main() -> None:
    """Do what the words say."""
    home, endpoint, lab, name, within_s, step = sys.argv[1:]
    die_at(step)
    asyncio.run(bring(Path(home), campus(endpoint, Lab(Path(lab)), name), Rollout(float(within_s))))


if __name__ == "__main__":
    main()
