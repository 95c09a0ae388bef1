"""Bad input: a clear error in the user's words, and nothing is changed anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.errors import Faults, Moved, NotOwned, Unreachable
from cpal.faces.documents.reading import parse
from cpal.faces.session import Session
from tests.scenario.stage import Stage, stage

GOOD = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
  db: {cidr: 10.0.2.0/24}
  wire: {provider: {network_type: vlan, physical_network: physnet1, segmentation_id: 150}, cidr: 10.0.5.0/24}
security_groups:
  web: {rules: [{direction: ingress, protocol: tcp, port: 80}]}
instances:
  web1: {network: web, ip_address: 10.0.1.11, security_groups: [web], host: hv1}
"""


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """A small applied estate."""
    with stage(1) as found:
        found.apply(GOOD)
        yield found


@pytest.fixture
def _unchanged(town: Stage) -> Iterator[None]:
    """Whatever a test tries, estate and database stay as they are."""
    before = (town.session.estate.revision, len(town.session.history()), town.tables())
    yield
    assert (town.session.estate.revision, len(town.session.history()), town.tables()) == before
    assert town.session.plan().empty


BAD = {
    "unknown field": (GOOD + "colour: green", "colour"),
    "wrong type": (GOOD.replace("10.0.2.0/24}", "10.0.2.0/24, mtu: lots}"), "networks.db.mtu.*lots"),
    "bad cidr": (GOOD.replace("10.0.2.0/24", "10.0.2.0/44"), r"networks.db.cidr.*10\.0\.2\.0/44"),
    "host bits set": (GOOD.replace("10.0.2.0/24", "10.0.2.7/24"), r"10\.0\.2\.7/24.*10\.0\.2\.0/24"),
    "not yaml": ("project: [red", "scenario.yaml:2:1: while parsing"),
    "overlap on a router": (
        GOOD.replace("10.0.2.0/24", "10.0.1.128/25") + "routers: {edge: {interfaces: [web, db]}}",
        r'router "edge".interfaces: joins subnet "(web|db)" .*which overlap; use another',
    ),
    "duplicate name": (GOOD + "networks: {web: {}}", r"networks.*(twice|already|duplicate|two)"),
    "duplicate key": (GOOD.replace("  db: {", "  web: {"), "web.*(twice|already|duplicate|two)"),
    "dangling reference": (GOOD.replace("{network: web,", "{network: wbe,"), r"instances.web1.network.*wbe.*web"),
    "address outside its subnet": (GOOD.replace("10.0.1.11", "10.0.9.11"), r"10\.0\.9\.11"),
    "address already used": (
        GOOD + "  web2: {network: web, ip_address: 10.0.1.11}",
        r"web2.*10\.0\.1\.11 is taken by|10\.0\.1\.11 is taken by.*web1",
    ),
    "vlan taken": (
        GOOD.replace(
            "networks:\n",
            "networks:\n  other: {provider: {network_type: vlan, physical_network: physnet1, segmentation_id: 150}}\n",
        ),
        "VLAN 150 of physnet1 is taken",
    ),
    "vlan out of range": (GOOD.replace("segmentation_id: 150", "segmentation_id: 4095"), "4095.*4094"),
    "no such physical network": (GOOD.replace("physnet1", "physnet9"), "physnet9.*physnet1"),
    "stt on ovn": (
        GOOD.replace("db: {", "db: {provider: {network_type: stt}, "),
        r"db.*network_type.*target lab \(ovn\) cannot hold it.*STT",
    ),
    "ports without protocol": (
        GOOD.replace("protocol: tcp, port: 80", "port: 80"),
        "names ports but no protocol.*such as tcp",
    ),
    "mtu too large": (GOOD.replace("10.0.2.0/24}", "10.0.2.0/24, mtu: 1500}"), "1500.*at most 1442"),
    "two faults at once": (
        GOOD.replace("10.0.2.0/24", "10.0.2.7/24").replace("{network: web,", "{network: wbe,"),
        r"(?s)10\.0\.2\.7/24.*wbe|wbe.*10\.0\.2\.7/24",
    ),
}


@pytest.mark.usefixtures("_unchanged")
@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD.keys())
def test_documents_that_cannot_be(town: Stage, text: str, words: str) -> None:
    with pytest.raises(Faults, match=words) as refused:
        town.apply(text)
    for fault in refused.value.faults:
        assert fault.place.startswith("scenario.yaml:"), fault


def test_vnis_that_run_out() -> None:
    with stage(1) as found:
        endpoints = found.lab.endpoints
        text = f"""
project: admin
targets:
  small:
    driver: ovn
    endpoints: {{northbound: "{endpoints.northbound}", southbound: "{endpoints.southbound}"}}
    vni_range: 5001-5002
networks: {{a: {{}}, b: {{}}, c: {{}}}}
"""
        found.session.apply(found.session.plan_destroy(["lab"]))
        before = found.tables()
        with pytest.raises(Faults, match=r'^scenario.yaml:8:29: network "c".*no VNI is left from 5001 to 5002'):
            found.apply(text)
        assert found.tables() == before
        assert found.session.stacks() == {}


@pytest.mark.usefixtures("_unchanged")
def test_a_plan_that_another_session_overtook(town: Stage, tmp_path: Path) -> None:
    plan = town.plan(GOOD.replace("web1", "web9"))
    town.session.save(plan, tmp_path / "plan")
    port = town.port("red", "web1")
    town.nbctl("lsp-set-enabled", port.id, "disabled")
    try:
        for attempt in (lambda: town.session.apply(plan), lambda: town.session.restore(tmp_path / "plan")):
            with pytest.raises(Moved, match="changed since the plan"):
                attempt()
    finally:
        town.nbctl("clear", "Logical_Switch_Port", port.id, "enabled")
    assert town.session.restore(tmp_path / "plan").changes == plan.changes


@pytest.mark.usefixtures("_unchanged")
def test_a_row_of_others_with_a_wanted_name(town: Stage) -> None:
    text = GOOD.replace("  db: {", "  more: {cidr: 10.0.7.0/24}\n  db: {") + "  more1: {network: more, host: hv1}\n"
    port = next(op.key.name for op in town.plan(text).targets[0].ops if str(op.key).startswith("Logical_Switch_Port "))
    town.nbctl("ls-add", "theirs", "--", "lsp-add", "theirs", port)
    try:
        with pytest.raises(NotOwned, match=f"Logical_Switch_Port {port}.*not cpal's.*ovn-nbctl"):
            town.apply(text)
    finally:
        town.nbctl("ls-del", "theirs")


def child(code: str, *wrap: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A cpal process that opens a session and runs code, its error's class and words on stdout."""
    script = (
        "import sys\nfrom cpal.errors import CpalError\nfrom cpal.faces.session import Session\n"
        f"try:\n    session = Session()\n    {code}\n"
        "except CpalError as error:\n    print(type(error).__name__, error)\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    variables = {**os.environ, "CPAL_HOME": str(home), "PYTHONPATH": root, **environment}
    return subprocess.run(
        [*wrap, sys.executable, "-c", script], env=variables, capture_output=True, text=True, timeout=60, check=False
    )


FILL_THE_DISK = """
    import os
    from cpal.model.estate import Change
    from cpal.model.target import Project
    disk = open(os.environ["CPAL_HOME"] + "/fill", "wb", 0)
    try:
        while True:
            disk.write(bytes(512))
    except OSError:
        pass
    projects = [Project(id=str(number), name=str(number)) for number in range(999)]
    session._engine.store.propose([Change(None, project) for project in projects], 0, "test", "full")
"""


def test_a_full_disk(cpal_home: Path) -> None:
    """In a mount namespace of its own, so that nobody else sees the little disk."""
    little = f'mount -t tmpfs -o size=128k none {cpal_home} && exec "$@"'
    done = child(FILL_THE_DISK, "unshare", "--mount", "sh", "-c", little, "sh", home=cpal_home)
    assert done.stdout.startswith("Disk "), (done.stdout, done.stderr)
    assert "full" in done.stdout
    assert "free space" in done.stdout


def test_not_root(cpal_home: Path) -> None:
    """Where others may not use tun/tap devices, the error says who may."""
    for folder in (cpal_home, cpal_home.parent):
        shutil.chown(folder, "nobody")
    kept = (
        f'touch {cpal_home}/tun && chmod 600 {cpal_home}/tun && mount --bind {cpal_home}/tun /dev/net/tun && exec "$@"'
    )
    # The lab's modules are read before: nobody may not read them where root keeps its Python to itself.
    code = "import os\n    session.lab.status()\n    os.setuid(65534)\n    session.lab_up(1)"
    done = child(code, "unshare", "--mount", "sh", "-c", kept, "sh", home=cpal_home)
    assert done.stdout.startswith("Denied "), (done.stdout, done.stderr)
    assert "sudo cpal lab up" in done.stdout


def test_a_missing_daemon_names_its_package(cpal_home: Path) -> None:
    """In a mount namespace where the program cannot be run."""
    hidden = f'mount --bind /dev/null {shutil.which("ovs-vswitchd")} && exec "$@"'
    done = child("session.lab_up(1)", "unshare", "--mount", "sh", "-c", hidden, "sh", home=cpal_home)
    assert done.stdout.startswith("Missing "), (done.stdout, done.stderr)
    assert "ovs-vswitchd" in done.stdout
    assert "openvswitch-switch" in done.stdout


def test_a_lab_that_is_down(cpal_home: Path) -> None:
    done = child("session.verify()", home=cpal_home)
    assert done.stdout.startswith("Unreachable "), (done.stdout, done.stderr)
    assert "cpal lab up" in done.stdout


def test_networks_without_a_target(cpal_home: Path) -> None:
    code = (
        "from cpal.faces.documents.reading import parse\n"
        "    session.plan(session.declare(parse({'a': 'networks: [web]'})))"
    )
    done = child(code, home=cpal_home)
    assert done.stdout.startswith("NotFound "), (done.stdout, done.stderr)
    assert "cpal lab up" in done.stdout


def test_a_target_that_went_away() -> None:
    with stage(1) as found:
        found.apply(GOOD)
        revision = found.session.estate.revision
        found.lab.down()
        with Session(found.home) as later:
            changed = parse({"scenario.yaml": GOOD.replace("web1", "web9")})
            with pytest.raises(Unreachable, match=r"ovnnb_db\.sock"):
                later.plan(later.declare(changed))
            assert later.estate.revision == revision
