"""The walk-through of `cpal lab openstack` as data: whole, without a secret among words, and as its how-to tells it.

That it works is seen in `tests/suites/nova.py`.
"""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cpal.errors import Conflict, Invalid
from cpal.faces.cli.main import program
from cpal.lab.openstack import packages
from cpal.lab.openstack.cloud import Cloud
from cpal.lab.openstack.configuration import FILES, PORTS
from cpal.lab.openstack.steps import STEPS, Catalogue, Once, Running
from tests.source import ROOT

HOWTO = ROOT / "docs/howto/openstack-lab.md"
LEFT = re.compile(r"\{\w+")


@pytest.fixture
def words(cpal_home: Path) -> dict[str, object]:
    """What stands for `{...}` in a new cloud."""
    cloud = Cloud(cpal_home / "openstack", cpal_home)
    return cloud.words(cloud._begin(20000))


def test_every_word_has_its_place(words: dict[str, object]) -> None:
    for step in STEPS:
        action, found = step.action, [step.why]
        if isinstance(action, Once):
            found += [word for command in action.commands for word in command] + [*action.environment.values()]
        elif isinstance(action, Running):
            found += [*action.command, *action.environment.values(), action.answers]
        elif isinstance(action, Catalogue):
            found += [service.url for service in action.services]
        for word in found:
            assert not LEFT.search(word.format_map(words).replace("{127,", "")), word


def test_no_secret_is_a_word_of_a_command(words: dict[str, object]) -> None:
    secrets = {str(words["password"]), str(words["admin_password"])}
    assert len(secrets) == 2
    for step in STEPS:
        if isinstance(step.action, Once):
            commands = step.action.commands
        elif isinstance(step.action, Running):
            commands = (step.action.command,)
        else:
            continue
        said = " ".join(word.format_map(words) for command in commands for word in command)
        assert not any(secret in said for secret in secrets), step.name


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".conf") and name != "rabbitmq.conf"])
def test_each_configuration_can_be_read(words: dict[str, object], name: str) -> None:
    text = FILES[name].format_map(words)
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.read_string(text)
    assert not LEFT.search(text)
    for section in parser.sections():
        if "auth_url" in parser[section]:
            assert parser[section]["auth_url"] == words["keystone"]
            assert parser[section]["username"] in ("nova", "placement", "glance")


def test_a_cloud_is_for_its_owner_alone_and_keeps_its_ports(cpal_home: Path) -> None:
    cloud = Cloud(cpal_home / "openstack", cpal_home)
    kept = cloud._begin(10)
    assert cloud._begin(10) == kept
    assert (cpal_home / "openstack").stat().st_mode & 0o077 == 0
    assert (cpal_home / "openstack" / "openstack.json").stat().st_mode & 0o077 == 0
    with pytest.raises(Conflict, match="--down"):
        cloud._begin(11)


@pytest.mark.parametrize("offset", [-1, 65536 - max(PORTS.values())])
def test_an_offset_beyond_all_ports_is_refused_before_anything_is_done(cpal_home: Path, offset: int) -> None:
    done = CliRunner().invoke(program, ["lab", "openstack", "--port-offset", str(offset)])
    assert isinstance(done.exception, Invalid)
    assert "offset" in str(done.exception)
    assert done.output == "", "it began"
    assert not (cpal_home / "openstack").exists()
    assert not (cpal_home / "lab").exists()
    assert not (cpal_home / "openstack").exists()


def test_what_is_installed_is_pinned_with_hashes() -> None:
    lines = [line for line in packages.LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    pins = [line for line in lines if not line.startswith(" ")]
    assert pins
    assert all("==" in pin for pin in pins)
    assert sum("--hash=sha256:" in line for line in lines) >= len(pins)


def test_what_if_tells_every_step_and_the_howto_the_same(cpal_home: Path) -> None:
    done = CliRunner().invoke(program, ["lab", "openstack", "--what-if"])
    assert done.exit_code == 0, done.output
    told = done.stdout.splitlines()
    assert [line.split(": ")[0].split(" ", 1)[1].strip() for line in (line.strip() for line in told)][1:] == [
        step.name for step in STEPS
    ]
    shown = [
        line.strip() for line in HOWTO.read_text(encoding="utf-8").splitlines() if re.match(r"    [ \d]\d \w", line)
    ]
    assert shown
    assert set(shown) <= {line.strip() for line in told}
    assert list(cpal_home.glob("openstack*")) == []
