"""Leaves that run FRR already are taken over by somebody who knows nothing of who made them, and packets go on: leaves
of another store, and leaves that netlab configured. The kernel here has neither VLAN devices nor VRFs of its own, so
that of netlab's leaves networks are taken over, which are bridges."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from cpal.core.driver import Seen
from cpal.drivers.devices.frr.backend import FrrBackend
from cpal.drivers.devices.frr.render.names import port_name
from cpal.drivers.devices.render_fabric import vni_of
from cpal.errors import TimedOut
from cpal.faces.cli.main import program
from cpal.faces.documents.reading import parse
from cpal.faces.session import Session
from cpal.model.network import Network, Port
from cpal.model.router import Router
from cpal.model.target import Target
from tests.scenario.stage import Stage, fabric_stage
from tests.support import netlab
from tests.support.netlab_on_frr import TOPOLOGY, Leaves

ROOT = Path(__file__).resolve().parents[2]
OWNER = "6d0c0e6e-0000-4000-8000-000000000007"
NOTHING = Seen({}, {}, 0)
EXAMPLE = (ROOT / "examples" / "fabric.yaml").read_text()
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="a fabric is made of network namespaces, which need root"),
    pytest.mark.skipif(not Path("/usr/lib/frr/zebra").exists(), reason="FRR is not installed (package frr)"),
]
TOLD = """
vtysh -c 'show running-config'
told() { echo "in $*"; ip "$@" -br address | sed 's/@if[0-9]*//' | tr -s ' ' | cut -d' ' -f1,3- | sort; }
told; for name in $(ls /run/netns); do told -n $name; done
"""
"""What a leaf's daemons and its kernel are configured to, whoever has it."""


class Stranger:
    """Somebody at the machines of a stage, with a state directory that knows nothing of them."""

    def __init__(self, stage: Stage, folder: Path, leaves: tuple[str, ...]) -> None:
        self.stage, self.leaves = stage, leaves
        self.path = folder / "taken.yaml"

    def shown(self) -> dict[str, list[str]]:
        """What leaves are configured to."""
        texts = {leaf: self.stage.run(leaf, "sh", "-c", TOLD) for leaf in self.leaves}
        return {leaf: [line.strip() for line in text.splitlines()] for leaf, text in texts.items()}

    def done(self, *words: str) -> str:
        """What the program says to words, which are done."""
        found = CliRunner().invoke(program, words)
        assert found.exit_code == 0, found.output + str(found.exception)
        return found.output

    @property
    def words(self) -> tuple[str, ...]:
        """The command that takes all leaves over."""
        at = self.stage.lab.directory
        named = (word for leaf in self.leaves for word in ("--device", f"{leaf}=frr+file://{at / leaf}"))
        return ("import", *named, "--output", str(self.path), "-y")

    def taken(self) -> tuple[list[dict[str, Any]], str]:
        """The documents that an import writes, which changes nothing and leaves nothing to do; and what it tells."""
        before = self.shown()
        told = self.done(*self.words)
        assert self.shown() == before
        assert self.nothing_to_do()
        return list(yaml.safe_load_all(self.path.read_text(encoding="utf-8"))), told

    def nothing_to_do(self) -> bool:
        """Whether the plan of the documents is empty."""
        return "Nothing to do" in self.done("plan", str(self.path))

    def without(self, documents: list[dict[str, Any]], network: str) -> None:
        """Have the documents say no more of a network, and apply them."""
        [document] = [each for each in documents if "networks" in each]
        del document["networks"][network]
        interfaces = document["interfaces"].items()
        document["interfaces"] = {name: said for name, said in interfaces if said["networks"] != [network]}
        self.path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
        self.done("apply", "-y", str(self.path))
        assert self.nothing_to_do()

    def lost_and_found(self, before: dict[str, list[str]]) -> dict[str, tuple[list[str], list[str]]]:
        """Which lines each leaf has no more, and which are new."""
        pairs = {leaf: (Counter(before[leaf]), Counter(now)) for leaf, now in self.shown().items()}
        return {leaf: (sorted((old - new).elements()), sorted((new - old).elements()))
                for leaf, (old, new) in pairs.items()}  # fmt: skip


OF_A_NETWORK = (
    "br{vni}", "vx{vni}", "vni {vni}", "route-target import 64999:{vni}", "route-target export 64999:{vni}", "exit-vni",
)  # fmt: skip
"""What a leaf has of a network that nobody routes, without its ports."""
TAGS = """
ip -d link | grep -e alias -e ^[0-9]
for name in $(ls /run/netns); do ip -n $name -d link | grep -e alias -e ^[0-9]; done
cd /run/frr/cpal/ports && head -n 1 *
"""
"""Whose everything is, as a leaf keeps it."""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory, with the state of a program that knows nothing."""
    monkeypatch.setenv("CPAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TERM", "dumb")
    return tmp_path


@pytest.fixture(scope="module")
def fabric() -> Iterator[Stage]:
    """A fabric on which a store has applied the example."""
    with fabric_stage(1, 3) as stage:
        stage.apply(EXAMPLE)
        yield stage


@pytest.fixture
def stranger(fabric: Stage, state: Path) -> Stranger:
    """Somebody else at its leaves."""
    return Stranger(fabric, state, ("leaf1", "leaf2", "leaf3"))


def test_what_is_taken_over_and_not_confirmed_is_the_other_stores_again(stranger: Stranger, state: Path) -> None:
    def whose() -> list[str]:
        return [stranger.stage.run(leaf, "sh", "-c", TAGS) for leaf in stranger.leaves]

    async def work() -> None:
        backend = await FrrBackend.connect(target, OWNER)
        devices = await backend.prepare(plan.targets[0].ops, NOTHING, 1)
        await backend.commit_confirmed(devices, 60.0)
        await backend.verify()
        for text in whose():
            assert text.count(f"cpal:{OWNER}") == text.count("cpal:") > 0
            assert text.count(f'"owner":"{OWNER}"') == text.count('"owner":') > 0
        await backend.revert(1)
        await backend.close()

    with closing(Session(state / "home")) as session:
        read = session.read_switches(stranger.words[2:7:2], "taken")
        plan = session.plan(session.declare(parse({"taken.yaml": read.document})), handover="adopt")
        [target] = [each.after for each in plan.changes if isinstance(each.after, Target)]
    before, shown = whose(), stranger.shown()
    asyncio.run(work())
    assert (whose(), stranger.shown()) == (before, shown)


def test_leaves_of_another_store_are_taken_over_and_one_network_goes(stranger: Stranger) -> None:
    stage = stranger.stage
    numbers = {number_of(each): each for each in stage.session.estate.all(Network)}
    [backup] = [number for number, each in numbers.items() if each.name == "backup"]
    (target, document), told = stranger.taken()
    assert "is left as it is" not in told
    assert document["networks"].keys() == {f"vni{number}" for number in numbers}
    assert {said["vni"] for said in document["routers"].values()} == {
        each.vni for each in stage.session.estate.all(Router)
    }
    assert {name: said["underlay_address"] for name, said in target["hosts"].items()} == {
        f"leaf{n}": f"10.255.1.{n}" for n in (1, 2, 3)
    }
    before = stranger.shown()
    with ThreadPoolExecutor() as pool:
        words = ("ping", "-q", "-i", "0.05", "-c", "60", stage.port("red", "web2").addresses[0])
        ping = pool.submit(stage.run, "red.web1", *words)
        stranger.without([target, document], f"vni{backup}")
        assert " 0% packet loss" in ping.result()
    ports = [each for each in stage.session.estate.all(Port) if each.network_id == numbers[backup].id]
    with_backup = {each.host_id: port_name(each.id) for each in ports if each.host_id}
    for leaf, (lost, found) in stranger.lost_and_found(before).items():
        tap = with_backup.get(leaf)
        assert lost == (sorted([*(line.format(vni=backup) for line in OF_A_NETWORK), tap]) if tap else [])
        assert [line.split()[0] for line in found] == ([tap] if tap else []), "it is the leaf's own again"
    stage.run("red.web1", "ping", "-c", "1", "-w", "5", stage.port("red", "web3").addresses[0])
    there = stage.port("blue", "vault2").addresses[0]
    assert stage.lab.run("blue.vault1", ["ping", "-c", "1", "-W", "0.2", there]).exit_code != 0
    stage.lab.kill("leaf2/holder")
    stage.lab.up_fabric(1, 3)
    assert stranger.nothing_to_do(), "a leaf that starts again brings back what it was confirmed to have, once"


def number_of(network: Network) -> int:
    """The VNI of a network."""
    found = vni_of(network)
    assert found is not None
    return found


@pytest.fixture
def leaves(state: Path) -> Iterator[Leaves]:
    """Two leaves as netlab configures them, with hosts behind them."""
    with fabric_stage(1, 2) as stage:
        found = Leaves(stage)
        try:
            found.configure(netlab.created(state, TOPOLOGY))
            yield found
        finally:
            found.close()


def test_leaves_of_netlab_are_taken_over_and_one_network_goes(
    leaves: Leaves, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = Stranger(leaves.stage, state, ("leaf1", "leaf2"))
    leaves.ping("h1", "172.16.0.4")
    leaves.ping("h3", "172.16.1.6")
    (target, document), told = stranger.taken()
    assert "is left as it is" not in told
    assert {name: (said["provider"]["segmentation_id"], said["route_target"], said["mtu"])
            for name, said in document["networks"].items()} == {
        "vlan1000": (101000, "65000:1000", 1500), "vlan1001": (101001, "65000:1001", 1500),
    }  # fmt: skip
    assert {name: said["underlay_address"] for name, said in target["hosts"].items()} == {
        "leaf1": "10.0.0.1", "leaf2": "10.0.0.2",
    }  # fmt: skip
    assert {name: said["networks"] for name, said in document["interfaces"].items()} == {
        f"{leaf}/{port}": [network] for leaf in ("leaf1", "leaf2")
        for port, network in (("eth2", "vlan1000"), ("eth3", "vlan1001"))
    }  # fmt: skip
    before = stranger.shown()
    with ThreadPoolExecutor() as pool:
        ping = pool.submit(leaves.ping, "h1", "172.16.0.4", "-i", "0.05", "-c", "60")
        tags = [stranger.stage.run(leaf, "sh", "-c", TAGS) for leaf in stranger.leaves]
        with monkeypatch.context() as hurried:
            hurried.setattr("cpal.engine.joint.MARGIN", 2.0)  # no time is enough
            late = CliRunner().invoke(program, ("release", "--device", "leaf*", "-y"))
        assert isinstance(late.exception, TimedOut), late.output
        assert all(text.count("alias cpal:") > 1 for text in tags)
        assert [stranger.stage.run(leaf, "sh", "-c", TAGS) for leaf in stranger.leaves] == tags
        assert stranger.nothing_to_do()
        stranger.done("release", "--device", "leaf*", "-y")
        assert "cpal:" not in "".join(stranger.stage.run(leaf, "sh", "-c", f"{TAGS} true") for leaf in stranger.leaves)
        assert stranger.shown() == before
        stranger.path.unlink()
        assert "Nothing to do" in stranger.done("plan")
        stranger.done("import", "--device", "leaf*", "--output", str(stranger.path), "-y")
        assert " 0% packet loss" in ping.result()
    assert stranger.shown() == before
    with ThreadPoolExecutor() as pool:
        ping = pool.submit(leaves.ping, "h1", "172.16.0.4", "-i", "0.05", "-c", "60")
        stranger.without([target, document], "vlan1001")
        assert " 0% packet loss" in ping.result()
    for n, (lost, found) in enumerate(stranger.lost_and_found(before).values(), start=1):
        assert lost == ["exit-vni", f"rd 10.0.0.{n}:1001", "route-target export 65000:1001",
                        "route-target import 65000:1001", "vlan1001", "vni 101001", "vxlan101001"]  # fmt: skip
        assert found == []
    assert leaves.lost("h3", "172.16.1.6")
