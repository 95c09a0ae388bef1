"""The steps done, each only where it is not done yet, and undone: processes end the other way round, the folder goes.

A step leaves no trace but what it makes: commands that ran leave a mark in `done/`, a process is found again by its
environment, as the lab's own are. So whatever was cut short goes on from there.
"""

from __future__ import annotations

import getpass
import os
import re
import secrets
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from cpal.errors import Conflict, Failed, Invalid, TimedOut
from cpal.lab.layout import Layout, base_environment
from cpal.lab.openstack import packages
from cpal.lab.openstack.configuration import DATABASES, FILES, FOLDERS, PORTS, REGION
from cpal.lab.openstack.registered import Administrator
from cpal.lab.openstack.steps import (
    STEPS,
    Action,
    Catalogue,
    Computes,
    Debian,
    Files,
    Flavor,
    Image,
    Once,
    Python,
    Running,
    Step,
)
from cpal.lab.processes import Process, end, find, run, start_detached
from cpal.whole_file import write_private

Told = Callable[[Step, str], None]
"""Told of each step, with its reason in full, before it is looked at."""

START_S = 180.0
COMMAND_S = 300.0
GRACE_S = 15.0
"""How long a service may take to end by itself."""
KEEP_ENVIRONMENT = {"SPT_NOENV": "1"}
"""Without it, services that rename themselves would write over the environment by which they are found.

Source: https://github.com/dvarrazzo/py-setproctitle#environment-variables
"""
SOURCE = Path(__file__).parents[3]
HYPERVISOR = "hv1"
"""The hypervisor of the lab that the fake compute service stands for."""


class _Kept(msgspec.Struct, frozen=True):
    """What is drawn or chosen once for a cloud."""

    port_offset: int
    password: str
    admin_password: str


class Cloud:
    """An OpenStack in the folder `home`, beside the cpal whose state is in `state`."""

    def __init__(self, home: Path, state: Path) -> None:
        self.home = home
        self._state = state
        self._layout = Layout.of(home)
        self._file = home / "openstack.json"

    @property
    def openrc(self) -> Path:
        """The file of the administrator's environment."""
        return self.home / "admin-openrc"

    def up(self, told: Told, port_offset: int = 0) -> None:
        """Do what is not done of the steps; each port is OpenStack's usual one and the offset.

        Raises:
            Conflict: something else listens at one of the ports, or the cloud is there with others.
            Failed, TimedOut, Missing: a step cannot be done; what was done before stays, and the next call goes on.
        """
        words = self.words(self._begin(port_offset))
        for step in STEPS:
            told(step, step.why.format_map(words))
            self._do(step.name, step.action, words)

    def down(self, report: Callable[[str], None]) -> None:
        """End all of its processes and remove its folder. What was installed stays for the next time."""
        roles = [step.name for step in reversed(STEPS) if isinstance(step.action, Running)]
        for role in roles:
            if running := [each for each in find(self._layout) if each.role == role]:
                report(f"ending {role}")
                end(running, grace_s=GRACE_S)
        end(find(self._layout))
        report("removing its folder")
        shutil.rmtree(self.home, ignore_errors=True)

    def roles(self) -> dict[str, int]:
        """The processes that run, by the step that they are of."""
        return {each.role: each.pid for each in sorted(find(self._layout), key=lambda each: -each.pid)}

    # What it is

    def kept(self, port_offset: int) -> _Kept | None:
        """What stays of the cloud, where it was begun.

        Raises:
            Invalid: its ports would be none.
            Conflict: it is there, at others.
        """
        if not 0 <= port_offset <= 65535 - max(PORTS.values()):
            raise Invalid(f"{port_offset} is no offset of ports", key="--port-offset",
                          remedy=f"0 to {65535 - max(PORTS.values())}")  # fmt: skip
        if not self._file.exists():
            return None
        kept = msgspec.json.decode(self._file.read_bytes(), type=_Kept)
        if kept.port_offset != port_offset:
            raise Conflict("the cloud is there, at other ports", key=str(self.home), seen=kept.port_offset,
                           remedy="take it down first: cpal lab openstack --down")  # fmt: skip
        return kept

    def _begin(self, port_offset: int) -> _Kept:
        """Draw passwords, unless that is done."""
        if (kept := self.kept(port_offset)) is not None:
            return kept
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.home.chmod(0o700)
        kept = _Kept(port_offset, secrets.token_hex(16), secrets.token_hex(16))
        write_private(self._file, msgspec.json.encode(kept), "what stays of the cloud")
        return kept

    def words(self, kept: _Kept) -> dict[str, Any]:
        """What stands for `{...}` in steps and configuration."""
        port = {name: usual + kept.port_offset for name, usual in PORTS.items()}
        venv = packages.place()
        database = f"mysql+pymysql://cpal:{kept.password}@127.0.0.1:{port['mariadb']}"
        return {
            "home": str(self.home), "state": str(self._state), "venv": str(venv), "bin": f"{venv}/bin",
            "code": str(Path(__file__).parent), "cpal": sys.executable, "source": str(SOURCE),
            "uid": os.getuid(), "gid": os.getgid(), "user": getpass.getuser(),
            "region": REGION, "hypervisor": HYPERVISOR, "port": port,
            "password": kept.password, "admin_password": kept.admin_password,
            "keystone": f"http://127.0.0.1:{port['keystone']}/v3",
            "rabbit": f"rabbit://cpal:{kept.password}@127.0.0.1:{port['rabbit']}/",
            "database": {name: f"{database}/{name}?charset=utf8" for name in DATABASES},
        }  # fmt: skip

    # Steps

    def _do(self, name: str, action: Action, words: Mapping[str, Any]) -> None:
        match action:
            case Debian(package, program):
                if not packages.has_program(program):
                    packages.install_debian(package)
            case Python():
                if not packages.is_installed(packages.place()):
                    packages.install_python(packages.place())
            case Files():
                self._configure(words)
            case Once():
                self._once(name, action, words)
            case Running():
                self._running(name, action, words)
            case Catalogue(users, services):
                at = [each._replace(url=each.url.format_map(words)) for each in services]
                with self._administrator(words) as admin:
                    admin.catalogue(users, words["password"], at)
            case Computes(binaries):
                self._await_parts(binaries, words)
            case Image(image):
                with self._administrator(words) as admin:
                    admin.image(f"http://127.0.0.1:{words['port']['glance']}", image)
            case Flavor(flavor, ram):
                with self._administrator(words) as admin:
                    admin.flavor(_nova(words), flavor, ram)

    def _configure(self, words: Mapping[str, Any]) -> None:
        for folder in FOLDERS:
            (self.home / folder).mkdir(mode=0o700, exist_ok=True)
        for name, text in FILES.items():
            write_private(self.home / name, text.format_map(words).encode(), name)

    def _once(self, name: str, action: Once, words: Mapping[str, Any]) -> None:
        for number, command in enumerate(action.commands):
            mark = self.home / "done" / f"{sha256(name.encode()).hexdigest()[:8]}-{number}"
            if not mark.exists():
                run([word.format_map(words) for word in command], self._environment(name, action.environment, words),
                    timeout_s=COMMAND_S)  # fmt: skip
                mark.touch()

    def _running(self, name: str, action: Running, words: Mapping[str, Any]) -> None:
        answers = action.answers.format_map(words)
        log = self.home / "log" / f"{'-'.join(re.findall('[a-z]+', name.lower()))}.log"
        if not self._processes(name):
            if answers and _answers(answers):
                raise Conflict("something else listens there", key=answers, remedy="stop it, or choose --port-offset")
            command = ["setsid", "--fork", "nice", *(word.format_map(words) for word in action.command)]
            start_detached(command, self._environment(name, action.environment, words), log)
        deadline = time.monotonic() + START_S
        while answers and not _answers(answers):
            if time.monotonic() > deadline:
                raise TimedOut(f"not there within {START_S:g} s", key=name, remedy=f"see {log}")
            self._refuse_ended(name, log, deadline)
            time.sleep(0.1)

    def _refuse_ended(self, name: str, log: Path, deadline: float) -> None:
        if not self._processes(name) and time.monotonic() > deadline - START_S + 2:
            raise Failed("it ended", key=name, remedy=f"see {log} and {self.home}/log")

    def _await_parts(self, binaries: tuple[str, ...], words: Mapping[str, Any]) -> None:
        deadline = time.monotonic() + START_S
        with self._administrator(words) as admin:
            while True:
                found = admin.parts_up(_nova(words))
                late = [each for each in binaries if found.get(each) != "up"]
                self._refuse_dead()
                if not late and HYPERVISOR in admin.hypervisors(_nova(words)):
                    return
                if time.monotonic() > deadline:
                    names = ", ".join(late) or HYPERVISOR
                    raise TimedOut(f"not up within {START_S:g} s", key=names, remedy=f"see {self.home}/log")
                time.sleep(0.5)

    def _refuse_dead(self) -> None:
        dead = {step.name for step in STEPS if isinstance(step.action, Running)} - self.roles().keys()
        if dead:
            raise Failed("it ended", key=", ".join(sorted(dead)), remedy=f"see {self.home}/log, then run it again")

    def _processes(self, role: str) -> list[Process]:
        return [each for each in find(self._layout) if each.role == role]

    def _environment(self, role: str, more: Mapping[str, str], words: Mapping[str, Any]) -> dict[str, str]:
        marks = {"CPAL_LAB": str(self._layout.directory), "CPAL_LAB_ROLE": role, **KEEP_ENVIRONMENT}
        return {**base_environment(), **marks, **{name: value.format_map(words) for name, value in more.items()}}

    def _administrator(self, words: Mapping[str, Any]) -> Administrator:
        return Administrator(words["keystone"], words["admin_password"], words["region"])


def _nova(words: Mapping[str, Any]) -> str:
    return f"http://127.0.0.1:{words['port']['nova']}/v2.1"


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks without a proxy: all of it is on loopback."""


def _answers(url: str) -> bool:
    """Whether what listens there answers, be it that it wants more."""
    if url.startswith("tcp:"):
        with suppress(OSError), socket.create_connection(("127.0.0.1", int(url.removeprefix("tcp:"))), timeout=5):
            return True
        return False
    try:
        with _direct.open(url, timeout=60):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False
