"""Ansible's collections for network devices, unmodified, on the emulators.

    python -m tests.suites.ansible_devices

Each make's playbook runs twice: the second run must change nothing. Every task of every run is one check.
Source: https://docs.ansible.com/ansible/latest/collections/arista/eos/,
https://docs.ansible.com/ansible/latest/collections/cisco/ios/, and the same of cisco/nxos/
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cpal.lab.emulate.fleet import PASSWORD, USER, Emulated, Wanted
from tests.source import ROOT
from tests.suites.ansible_collection import results
from tests.suites.results import publish
from tests.suites.venv import installed
from tests.support.emulated import emulated

PLAYBOOKS = ROOT / "tests/suites/devices"
RUNS = ("changes", "changes nothing")
CONNECTIONS: Mapping[str, Mapping[str, str]] = {
    "eos": {
        "ansible_connection": "ansible.netcommon.httpapi",
        "ansible_network_os": "arista.eos.eos",
        "ansible_httpapi_use_ssl": "true",
        "ansible_httpapi_validate_certs": "false",
        "ansible_become": "true",
        "ansible_become_method": "enable",
    },
    "ios": {
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_network_cli_ssh_type": "paramiko",
        "ansible_host_key_checking": "false",
        "ansible_paramiko_host_key_checking": "false",
        "ansible_become": "true",
        "ansible_become_method": "enable",
    },
    "nxos": {
        "ansible_connection": "ansible.netcommon.httpapi",
        "ansible_network_os": "cisco.nxos.nxos",
        "ansible_httpapi_use_ssl": "true",
        "ansible_httpapi_validate_certs": "false",
    },
}
"""How Ansible reaches each make."""


def main() -> int:
    """Run it and write what it came to; the exit code."""
    venv, failed, passed = installed("ansible"), dict[str, str](), 0
    names = {make: f"{make}1" for make in CONNECTIONS}
    with (
        tempfile.TemporaryDirectory() as directory,
        emulated(*(Wanted(make, name) for make, name in names.items())) as found,
    ):
        for make, name in names.items():
            for wanted in RUNS:
                changed = False
                for task, result in results(run(venv, make, found[name], Path(directory))):
                    changed |= result.get("changed", False)
                    what = f"{make}, {wanted}: {task}"
                    if result.get("failed"):
                        failed[what] = str(result.get("msg", result))[:500]
                    elif wanted == "changes nothing" and result.get("changed"):
                        failed[what] = "changes what is as it should be"
                    else:
                        passed += 1
                if wanted == "changes" and not changed:
                    failed[f"{make}, {wanted}"] = "nothing was changed"
    return publish("ansible_devices", passed, failed, {})


def run(venv: Path, make: str, device: Emulated, directory: Path) -> dict[str, Any]:
    """What Ansible reports of a run of a make's playbook."""
    variables = {
        **CONNECTIONS[make], "ansible_host": device.host, "ansible_user": USER, "ansible_password": PASSWORD,
        "ansible_python_interpreter": str(venv / "bin/python"), "ansible_httpapi_port": str(device.port),
        "ansible_port": str(device.port),
    }  # fmt: skip
    inventory = directory / f"{make}.json"
    inventory.write_text(json.dumps({"switches": {"hosts": {device.device.identity.name: variables}}}))
    own = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_HOME": str(directory / "ansible")}
    done = subprocess.run(
        [venv / "bin/ansible-playbook", "-i", inventory, PLAYBOOKS / f"{make}.yml"],
        env={**os.environ, **own, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "{" in done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return report


if __name__ == "__main__":
    sys.exit(main())
