"""Ansible's collection openstack.cloud, unmodified, against `cpal serve` with OVN behind it.

    python -m tests.suites.ansible_collection

Each playbook runs twice: the second run must change nothing. Every task of every run is one check.
Source: https://docs.ansible.com/ansible/latest/collections/openstack/cloud/
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.source import ROOT
from tests.suites.results import publish
from tests.suites.venv import installed
from tests.support.cloud import PHYSICAL_NETWORK, Cloud, cloud

PLAYBOOKS = ROOT / "tests/suites/ansible"
RUNS = (("site", "changes"), ("site", "changes nothing"), ("gone", "changes"), ("gone", "changes nothing"))
"""Which playbook runs after which, and what it must do."""


def main() -> int:
    """Run it and write what it came to; the exit code."""
    venv, failed, passed = installed("ansible"), dict[str, str](), 0
    with tempfile.TemporaryDirectory() as directory, cloud(Path(directory)) as site:
        for playbook, wanted in RUNS:
            report = run(venv, playbook, site, Path(directory))
            changed = False
            for task, result in results(report):
                changed |= result.get("changed", False)
                if result.get("failed"):
                    failed[f"{playbook}, {wanted}: {task}"] = str(result.get("msg", result))[:500]
                elif wanted == "changes nothing" and result.get("changed"):
                    failed[f"{playbook}, {wanted}: {task}"] = "changes what is as it should be"
                else:
                    passed += 1
            if wanted == "changes" and not changed:
                failed[f"{playbook}, {wanted}"] = "nothing was changed"
            if ops := site.ops():
                failed[f"{playbook}, {wanted}: the target"] = f"{len(ops)} rows are not as the store wants"
        if "Traceback" in (log := site.server.log.read_text()):
            failed["the server's log"] = log[-2000:]
    return publish("ansible_collection", passed, failed, {})


def run(venv: Path, playbook: str, site: Cloud, directory: Path) -> dict[str, Any]:
    """What Ansible reports of a run of a playbook."""
    own = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_HOME": str(directory / "ansible")}
    done = subprocess.run(
        [venv / "bin/ansible-playbook", "-i", "localhost,", "-e", f"physical_network={PHYSICAL_NETWORK}",
         "-e", f"ansible_python_interpreter={venv}/bin/python", PLAYBOOKS / f"{playbook}.yml"],
        env={**os.environ, **site.openrc(), **own, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return found


def results(report: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each task's name and what it came to."""
    for play in report["plays"]:
        for task in play["tasks"]:
            for result in task["hosts"].values():
                yield task["task"]["name"], result


if __name__ == "__main__":
    sys.exit(main())
