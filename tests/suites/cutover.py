"""From the real Neutron to `cpal serve` and back, under running TCP streams, on the lab.

    python -m tests.suites.cutover

Neutron makes a topology on the lab's OVN; two workloads are plugged. One stream runs between the hypervisors, one from
outside through a floating IP. Then cpal takes over, answers in Neutron's place, writes, and gives back to Neutron. Each
connection must be the same all the time and never silent for a second; each resource must be answered for as before,
but for `DIFFERENCES`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

from bench.peers.neutron.service import Neutron, NeutronCloud, installed
from cpal.core.driver import Gateways
from cpal.faces.labs import workloads_of
from cpal.faces.peer.cloud import COLLECTIONS, Reading
from cpal.faces.peer.records import records_of
from cpal.faces.session import Session
from cpal.lab.lab import Lab
from cpal.model.estate import EMPTY, Change
from tests.suites.results import publish
from tests.support.cloud import Caller, Cloud, Server, free_ports
from tests.support.topology import Made, make
from tests.support.warm import program

MOST_SILENT_S = 1.0
TIMEOUT_S = 120.0
STREAM = Path(__file__).with_name("stream.py")
OUTSIDE = "outside-flat"
PLUGGED = ("web-port", "web-other")

_AGE = "the store counts from the import on"
_OWN = "an extension of Neutron's that is not served"
DIFFERENCES = {
    ("*", "created_at"): _AGE,
    ("*", "updated_at"): _AGE,
    ("*", "revision_number"): _AGE,
    ("*", "standard_attr_id"): "a number of Neutron's database",
    ("networks", "qinq"): _OWN,
    ("networks", "vlan_transparent"): _OWN,
    ("address_groups", "shared"): "shown, as the API's reference has it",
    ("rbac_policies", "target_project"): "shown beside target_tenant",
    ("networks", "availability_zones"): "the zone that OVN deployments have is always shown",
    ("ports", "binding:host_id"): "a gateway's host is its placement",
    ("ports", "binding:vif_type"): "as binding:host_id",
    ("ports", "binding:vif_details"): "details of drivers differ; what Nova plugs by is the same",
    ("ports", "status"): "what OVN says at this moment; Neutron keeps what it heard",
    ("ports", "dns_assignment"): "names of IPv6 addresses are written with their zeros by Neutron",
    ("ports", "allowed_address_pairs"): "an own MAC address is written out in another order",
    ("ports", "propagate_uplink_status"): "shown with its usual value",
    ("ports", "ip_allocation"): "a port without address says none",
    ("routers", "distributed"): "shown to everyone",
    ("routers", "availability_zones"): "as of networks",
    ("floatingips", "status"): "one that leads nowhere is DOWN, as in Neutron; ACTIVE follows the port",
    ("floatingips", "port_details"): "the status of the port is what OVN says",
    ("security_group_rules", "tags"): "not shown of rules",
    ("security_group_rules", "description"): "none is an empty text",
    ("security_group_rules", "belongs_to_default_sg"): "shown with what it is; Neutron leaves it open in a group",
    ("subnetpools", "min_prefixlen"): "a number, as the API's reference has it; Neutron writes text",
    ("subnetpools", "max_prefixlen"): "as min_prefixlen",
    ("subnetpools", "default_prefixlen"): "as min_prefixlen",
    ("address_groups", "tags"): "shown, as the API's reference has it",
    ("trunks", "status"): "that of its port; Neutron says ACTIVE of one whose port nobody plugged",
    ("subnets", "dns_publish_fixed_ip"): "shown with its usual value",
}  # fmt: skip
"""The attributes that may be answered otherwise, by collection ("*" is any), and why."""
COMPARED = ("networks", "subnets", "ports", "routers", "floatingips", "security_groups", "address_groups",
            "address_scopes", "subnetpools", "rbac_policies", "policies", "trunks")  # fmt: skip
Answers = dict[str, dict[str, dict[str, Any]]]
"""What an API says: the members of each collection by id."""


class LabPlace:
    """The lab's databases, by the names that the peer and the cloud know them by."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        north = SimpleNamespace(endpoint=lab.endpoints.northbound)
        self.site = SimpleNamespace(server=north, nbctl=self.nbctl)
        self.southbound = SimpleNamespace(endpoint=lab.endpoints.southbound)

    def nbctl(self, words: str) -> str:
        """What ovn-nbctl prints."""
        done = self._lab.run("central", ["ovn-nbctl", *words.split()])
        assert done.exit_code == 0, done.stderr
        return done.stdout


class Stream:
    """One connection under way between two machines of the lab."""

    def __init__(self, lab: Lab, server: str, client: str, host: str, port: int) -> None:
        python = [sys.executable, str(STREAM)]
        self._server = subprocess.Popen(lab.exec_argv(server, [*python, "serve", str(port)]))
        time.sleep(1)
        self._client = subprocess.Popen(
            lab.exec_argv(client, [*python, "receive", host, str(port)]), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def tell(self) -> dict[str, Any]:
        """The bytes and the longest gap since it was last asked. Raises: AssertionError, the connection is lost."""
        assert self._client.poll() is None, "the connection is lost"
        assert self._client.stdin is not None
        assert self._client.stdout is not None
        self._client.stdin.write("\n")
        self._client.stdin.flush()
        found: dict[str, Any] = json.loads(self._client.stdout.readline())
        return found

    def close(self) -> None:
        """End both sides."""
        for process in (self._client, self._server):
            process.terminate()
            process.wait()


class Cutover:
    """The suite: what passed, what failed, and the figures."""

    def __init__(self, directory: Path) -> None:
        self.home = directory / "home"
        os.environ["CPAL_HOME"] = str(self.home)
        self.passed: list[str] = []
        self.failed: dict[str, str] = {}
        self.figures: dict[str, Any] = {}
        self.directory = directory
        self.environment: dict[str, str] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One thing that is to hold; others go on where it does not."""
        print(f"-- {name}", flush=True)
        try:
            yield
        except AssertionError as wrong:
            self.failed[name] = str(wrong)[:2000]
            print(self.failed[name], flush=True)
        else:
            self.passed.append(name)

    def cpal(self, *words: str, code: int = 0) -> str:
        """What cpal prints."""
        done = subprocess.run([program("cpal"), *words], env={**os.environ, **self.environment}, capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def silent(self, when: str, streams: dict[str, Stream]) -> None:
        """Ask each stream for its longest silence, which is a figure and has a bound."""
        for name, stream in streams.items():
            told = stream.tell()
            self.figures[f"{when}: longest silence {name}, s"] = told["gap_s"]
            assert told["bytes"] > 0, f"{name} carried nothing"
            assert told["gap_s"] < MOST_SILENT_S, f"{name} was silent for {told['gap_s']} s"


def main() -> int:
    """Run it and write what it came to; the exit code."""
    with tempfile.TemporaryDirectory(prefix="cpal-cutover-") as directory, ExitStack() as stack:
        suite = Cutover(Path(directory))
        run(suite, stack)
    return publish("cutover", len(suite.passed), suite.failed, {}, suite.figures)


def run(suite: Cutover, stack: ExitStack) -> None:
    """All of it, in order."""
    session = stack.enter_context(Session(suite.home))
    stack.callback(session.lab_down)
    session.lab_up(2)
    _mark_gateways(session.lab)
    place: Any = LabPlace(session.lab)
    log = suite.directory / "neutron.log"
    neutron = Neutron(suite.directory / "neutron", log, venv=installed(), place=place)
    site = NeutronCloud(neutron, place)
    stack.callback(site.close)
    neutron.start()
    made = make(site)
    suite.environment = site.catalogued()
    _plug(session, site)
    _await(lambda: all(_status(site, made, name) == "ACTIVE" for name in PLUGGED), "Neutron says no port is ACTIVE")
    streams = _streams(session.lab, made, stack)
    with suite.step("Neutron and its databases agree"):
        time.sleep(3)
        _tell(streams)
        assert json.loads(suite.cpal("drift", "neutron", "--format=json")) == []
    with suite.step("Neutron repairs what it did itself"):
        suite.figures["Neutron's repair, before"] = len(_repair(neutron).splitlines())
        suite.silent("Neutron's repair, before", streams)
    before, rows = answers(site.administrator), _uuids(place)
    served = _take_over(suite, neutron, streams, place, stack)
    with suite.step("clients see the same"):
        suite.figures["answered otherwise"] = compare(before, answers(served.administrator))
    with suite.step("rows are where they were"):
        lost = rows - _uuids(place)
        assert [table for table, _ in lost] == ["NAT"], f"source NAT alone is another row: {lost}"
    _write(suite, served, made)
    _cut_back(suite, neutron, site, served, streams, place, before, rows)


def _mark_gateways(lab: Lab) -> None:
    """Neutron places gateways only on hosts that are marked for them."""
    for hypervisor in lab.hypervisors:
        words = ["ovs-vsctl", "set", "open", ".", "external-ids:ovn-cms-options=enable-chassis-as-gw"]
        assert lab.run(hypervisor.name, words).exit_code == 0


def _plug(session: Session, site: NeutronCloud) -> None:
    """Plug two ports as the lab would plug them for cpal, so that taking over finds them as they should be."""
    reading = Reading({wanted.key: _members(site.administrator, wanted.path, wanted.key) for wanted in COLLECTIONS})
    estate = EMPTY.replace(
        Change(None, record) for record in records_of(reading, Gateways({}, frozenset()).distributed)
    )
    for port in reading.all("ports"):
        if port["name"] in PLUGGED:
            session.lab.ask(port["id"])
    hypervisors = frozenset(hypervisor.name for hypervisor in session.lab.hypervisors)
    session.lab.reconcile(workloads_of(estate, hypervisors, session.lab.asked()))


def _members(caller: Caller, path: str, key: str) -> list[dict[str, Any]]:
    answer = caller.call("GET", f"/v2.0{path}")
    found: list[dict[str, Any]] = answer.body[key] if answer.status == 200 else []
    return found


def _status(site: Cloud, made: Made, name: str) -> str:
    return str(site.administrator.get(f"ports/{made[name]['id']}")["port"]["status"])


def _await(holds: Callable[[], bool], why: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline, why
        time.sleep(0.2)


def _streams(lab: Lab, made: Made, stack: ExitStack) -> dict[str, Stream]:
    machines = {name: next(w.name for w in lab.status().workloads if w.interfaces[0].port_id == made[name]["id"])
                for name in PLUGGED}  # fmt: skip
    inner = next(ip for each in made["web-port"]["fixed_ips"] if ":" not in (ip := each["ip_address"]))
    floating = made["floating"]["floating_ip_address"]
    found = {
        "between hypervisors": Stream(lab, machines["web-port"], machines["web-other"], inner, 5001),
        "through the floating IP": Stream(lab, machines["web-port"], OUTSIDE, floating, 5002),
    }
    for stream in found.values():
        stack.callback(stream.close)
    return found


def _tell(streams: dict[str, Stream]) -> None:
    for stream in streams.values():
        stream.tell()


def _take_over(suite: Cutover, neutron: Neutron, streams: dict[str, Stream], place: Any, stack: ExitStack) -> Cloud:
    """Import, stop Neutron, serve at its address; under the streams."""
    served = Server(
        suite.home,
        suite.directory / "serve.log",
        options=("--wait",),
        ports=[neutron.ports[0], *free_ports(1)],
    )
    cloud = Cloud(served, place)
    stack.callback(cloud.close)
    with suite.step("the streams go on while cpal takes over"):
        _tell(streams)
        began = time.monotonic()
        suite.cpal("import", "neutron", "--yes", "--quiet")
        suite.figures["import, s"] = round(time.monotonic() - began, 2)
        served.log.touch()
        starting = Thread(target=served.start)
        starting.start()
        _await(lambda: b"which is taken when that is gone" in served.log.read_bytes(), "cpal does not wait for Neutron")
        stopped = time.monotonic()
        neutron.stop_service()
        suite.figures["Neutron stops, s"] = round(time.monotonic() - stopped, 2)
        starting.join()
        suite.figures["nobody answers the API, s"] = round(time.monotonic() - stopped, 2)
        time.sleep(3)
        suite.silent("cutover", streams)
    with suite.step("nothing is left to plan"):
        plan = json.loads(suite.cpal("plan", "--format=json"))
        assert (plan["ops"], plan["changes"]) == ([], []), plan["ops"][:3]
    return cloud


def _write(suite: Cutover, served: Cloud, made: Made) -> None:
    """cpal is in charge: what is written through its API reaches OVN, and the old ids can be written."""
    with suite.step("what is written after the cutover is done"):
        admin = served.administrator
        admin.put(f"networks/{made['web']['id']}", {"network": {"description": "served by cpal"}})
        port = admin.post("ports", network_id=made["data"]["id"], name="after", project_id=made["data"]["project_id"])
        assert port["id"] in served.nbctl("--bare --columns=name list Logical_Switch_Port")
        assert served.ops() == []


def _cut_back(
    suite: Cutover, neutron: Neutron, site: NeutronCloud, served: Cloud, streams: dict[str, Stream], place: Any,
    before: Answers, rows: set[tuple[str, str]],
) -> None:  # fmt: skip
    with suite.step("the streams go on while Neutron takes back"):
        _tell(streams)
        served.close()
        suite.cpal("release", "neutron", "--yes", "--quiet")
        began = time.monotonic()
        neutron.start()
        suite.figures["Neutron starts again, s"] = round(time.monotonic() - began, 2)
        time.sleep(3)
        suite.silent("cutting back", streams)
    with suite.step("Neutron's rows are as they were"):
        assert _uuids(place) == rows
    with suite.step("Neutron says what it said"):
        assert compare(before, answers(site.administrator), ignored=("updated_at", "revision_number", "status")) == {}
    with suite.step("Neutron writes again"):
        red = site.member("red")
        network = red.post("networks", name="back")["id"]
        red.post("subnets", network_id=network, ip_version=4, cidr="10.5.0.0/24")
        port = red.post("ports", network_id=network)
        assert port["id"] in place.nbctl("--bare --columns=name list Logical_Switch_Port")
        red.delete(f"ports/{port['id']}")
        red.delete(f"networks/{network}")
    with suite.step("Neutron's own repair finds nothing to do"):
        said = _repair(neutron)
        moved = _uuids(place) ^ rows
        assert not moved, f"{sorted(moved)}\n{said}"
        suite.silent("Neutron's repair", streams)
    with suite.step("Neutron and its databases agree again"):
        assert json.loads(suite.cpal("drift", "neutron", "--format=json")) == []


def _repair(neutron: Neutron) -> str:
    """Let Neutron make its databases agree; what it warns of."""
    words = [str(neutron.venv / "bin/neutron-ovn-db-sync-util")]
    for file in ("neutron.conf", "ml2_conf.ini"):
        words += ["--config-file", str(neutron.home / file)]
    done = subprocess.run(
        [*words, "--ovn-neutron_sync_mode", "repair"], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    )
    return "\n".join(line for line in done.stderr.splitlines() if " WARNING " in line)


def _uuids(place: Any) -> set[tuple[str, str]]:
    """Table and UUID of each row that Neutron made."""
    tables = ("Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Port", "Port_Group", "ACL",
              "Address_Set", "DHCP_Options", "NAT", "Logical_Router_Static_Route")  # fmt: skip
    return {(table, uuid) for table in tables for uuid in place.nbctl(f"--bare --columns=_uuid list {table}").split()}


def answers(caller: Caller) -> Answers:
    """What an API says of all that is compared."""
    found: Answers = {}
    for wanted in COLLECTIONS:
        if wanted.key in COMPARED:
            found[wanted.key] = {each["id"]: each for each in _members(caller, wanted.path, wanted.key)}
    rules = [rule for group in found["security_groups"].values() for rule in group.pop("security_group_rules")]
    return {**found, "security_group_rules": {rule["id"]: rule for rule in rules}}


def compare(before: Answers, after: Answers, ignored: tuple[str, ...] = ()) -> dict[str, Any]:
    """The attributes that are answered otherwise, each with the reason and in how many resources.

    Raises:
        AssertionError: a resource is gone, or an attribute differs without a reason.
    """
    found: dict[str, Any] = {}
    unexplained = []
    for collection, members in before.items():
        for id, old in members.items():
            new = after[collection].get(id)
            if new is None:
                unexplained.append(f"{collection} {id} is gone")
                continue
            for attribute in old.keys() | new.keys():
                if attribute in ignored or _alike(old.get(attribute), new.get(attribute)):
                    continue
                why = DIFFERENCES.get((collection, attribute)) or DIFFERENCES.get(("*", attribute))
                if ignored or why is None:
                    unexplained.append(f"{collection} {id} {attribute}: {old.get(attribute)} != {new.get(attribute)}")
                else:
                    _count(found, f"{collection}: {attribute}", why)
    assert not unexplained, "\n".join(unexplained)
    return found


def _count(found: dict[str, Any], what: str, why: str) -> None:
    known = found.setdefault(what, {"resources": 0, "why": why})
    known["resources"] += 1


def _alike(old: Any, new: Any) -> bool:
    """Whether two values are the same; the order of lists of objects says nothing."""
    if isinstance(old, list) and isinstance(new, list):
        return sorted(map(_text, old)) == sorted(map(_text, new))
    return bool(old == new)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


if __name__ == "__main__":
    sys.exit(main())
