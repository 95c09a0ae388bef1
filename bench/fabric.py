"""A fabric: planning one change to a hundred leaves, and from nothing to packets with real FRR in the lab.

    plan    100 leaves, 200 networks at ten leaves each, 20 routers; then one more network, at every leaf
    lab     2 spines and 4 leaves: nothing to all hosts pinging each other; then one more network, live

Seconds by the clock beside CPU seconds of this process and all that it started and waited for (daemons that go on are
not among them): on a loaded machine only the latter say much. There is no peer that does the whole: by hand, in a
script of `ip` and `vtysh` without any check, two leaves took 1.9 to 2.2 s from nothing, and 1.05 s for one more VNI.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from cpal.core.driver import Seen
from cpal.core.plan import Reasons, plan_target
from cpal.core.view import Rendering
from cpal.drivers.devices.frr.backend import RULES
from cpal.faces.documents.reading import parse
from cpal.faces.session import Session
from cpal.model.check import check_changes
from cpal.model.estate import EMPTY
from cpal.model.network import Network, Port
from cpal.model.target import Project, Target
from tests.support.world import World

T = TypeVar("T")
LEAVES, NETWORKS, AT_LEAVES, ROUTERS = 100, 200, 10, 20
FIRST = """
project: red
networks:
  web:
    port_security_enabled: false
    subnets: {web: {cidr: 10.0.1.0/24, enable_dhcp: false}}
instances:
  h1: {network: web, host: leaf1}
  h2: {network: web, host: leaf2}
  h3: {network: web, host: leaf3}
  h4: {network: web, host: leaf4}
"""
SECOND = FIRST.replace("red", "blue").replace("10.0.1.", "10.0.2.")


def measured(work: Callable[[], T]) -> tuple[dict[str, float], T]:
    """Seconds by the clock and of CPU, and what the work gave."""
    began, cpu = time.monotonic(), _cpu_s()
    result = work()
    return {"wall_s": round(time.monotonic() - began, 3), "cpu_s": round(_cpu_s() - cpu, 3)}, result


def _cpu_s() -> float:
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def fabric() -> World:
    """A fabric of a hundred leaves with its networks."""
    world = World(*(f"leaf{number}" for number in range(1, LEAVES + 1)), driver="frr")
    red = world.project("red")
    routed: dict[int, list[Network]] = {}
    for number in range(NETWORKS):
        network = _network(world, red, number)
        for place in range(AT_LEAVES):
            _behind(world, red, network, f"h{number}-{place}", (number + 7 * place) % LEAVES + 1)
        routed.setdefault(number % ROUTERS, []).append(network)
    for number, networks in routed.items():
        subnets = [subnet for network in networks for subnet in world.subnets(network)]
        world.add(replace(world.router(red, f"r{number}", *subnets), vni=500_000 + number))
    return world


def _network(world: World, project: Project, number: int) -> Network:
    network = world.network(project, f"n{number}", network_type="vxlan", mtu=1450)
    world.subnet(network, f"10.{number // 256}.{number % 256}.0/24", enable_dhcp=False)
    return network


def _behind(world: World, project: Project, network: Network, name: str, leaf: int) -> None:
    for port in world.instance(project, name, network, host=f"leaf{leaf}"):
        world.add(replace(port, port_security_enabled=False, security_groups=()))


def planning() -> dict[str, object]:
    """A plan of all, and one of a network more at every leaf, against all rows."""
    world = fabric()
    before = world.estate()
    target = next(iter(before.all(Target)))
    rendering = Rendering(RULES.render, RULES.singletons)
    full, delta = measured(lambda: rendering.propose(before, EMPTY.changes_to(before)))
    rendering.accept(delta)
    network = _network(world, world.project("red"), NETWORKS)
    for leaf in range(1, LEAVES + 1):
        _behind(world, world.project("red"), network, f"new{leaf}", leaf)
    after = world.estate()
    changes = before.changes_to(after)

    def change() -> int:
        assert not check_changes(after, changes)
        moved = rendering.propose(after, changes)
        wanted = {**rendering.rows, **{key: row for key, (_, row) in moved.rows.items() if row is not None}}
        seen = Seen(dict(rendering.rows), {}, 1)
        return len(plan_target(target, wanted, seen, RULES, Reasons(changes, after), moved.rows).ops)

    changed, ops = measured(change)
    return {"rows": len(rendering.rows), "ports": before.count(Port), "full": full, "change": changed, "ops": ops}


def lab() -> dict[str, object]:
    """From nothing to all hosts pinging each other, and a network more."""
    home = Path(tempfile.mkdtemp(prefix="cpal-bench-"))
    session = Session(home)
    try:
        up, _ = measured(lambda: session.fabric_up(2, 4))
        first, _ = measured(lambda: _applied(session, FIRST, "red"))
        second, _ = measured(lambda: _applied(session, SECOND, "blue"))
        return {"up": up, "first_network": first, "second_network": second}
    finally:
        session.lab.down()
        session.close()
        shutil.rmtree(home)


def _applied(session: Session, text: str, project: str) -> None:
    """Apply, and return when each host has heard from each other."""
    session.apply(session.plan(session.declare(parse({"bench.yaml": text}))))
    estate = session.estate
    owner = next(each.id for each in estate.all(Project) if each.name == project)
    ports = [port for port in estate.all(Port) if port.project_id == owner]
    for source in ports:
        words = ["ping", "-q", "-c", "1", "-w", "10"]
        for address in (port.addresses[0] for port in ports if port is not source):
            done = session.lab.run(f"{project}.{source.name.partition('-')[0]}", [*words, address])
            assert done.exit_code == 0, done


def main() -> None:
    """Print what was measured as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan-only", action="store_true", help="leave the lab out, which needs root")
    arguments = parser.parse_args()
    found: dict[str, object] = {"load": os.getloadavg()[0], "plan": planning()}
    if not arguments.plan_only:
        found["lab"] = lab()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
