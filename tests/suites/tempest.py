"""OpenStack's own suites for the APIs that `cpal serve` has, with OVN behind it.

    python -m tests.suites.tempest [REGULAR EXPRESSION]           tempest's tests of the Networking API
    python -m tests.suites.tempest_neutron [REGULAR EXPRESSION]   those of Neutron's own, its tempest plugin
    python -m tests.suites.tempest_identity [REGULAR EXPRESSION]  tempest's tests of the Identity API

Tempest is told of nothing but the two addresses, the administrator and an external network; it makes projects and users
as it needs them. Source: https://docs.openstack.org/tempest/latest/configuration.html
"""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.suites.results import publish
from tests.suites.venv import installed
from tests.support.cloud import PHYSICAL_NETWORK, Cloud, cloud

TESTS = r"^tempest\.api\.network\."
WORKERS = 2
Left = Mapping[str, str]
"""What is known to fail, by a regular expression of the tests' names, each with the reason."""
OTHER_SERVICES = ("nova", "glance", "cinder", "swift", "horizon")


def main(tests: str = TESTS) -> int:
    """Run it and write what it came to; the exit code."""
    return suite("tempest", tests)


def suite(name: str, tests: str, *options: str, more: Mapping[str, str] | None = None, left: Left | None = None) -> int:
    """Run the tests that match, and publish as `name` what they come to; the exit code.

    `options` are more words for the server, `more` what the plugin for Neutron is told. What is `left` is counted with
    what is skipped, unless it passes.
    """
    venv = installed("tempest")
    with tempfile.TemporaryDirectory() as directory, cloud(Path(directory), *options) as site:
        place = Path(directory, "tempest")
        place.mkdir()
        with (place / "tempest.conf").open("w") as file:
            found = configuration(site, place, external_network(site))
            found["neutron_plugin_options"] = more or {}
            found.write(file)
        told = {"TEMPEST_CONFIG_DIR": str(place), "TEMPEST_CONFIG": "tempest.conf"}
        passed, failed, skipped = read(run(venv, place, tests, "tempest/test_discover", told), left or {})
        failed |= left_behind(site)
    return publish(name, passed, failed, skipped)


def left_behind(site: Cloud) -> dict[str, str]:
    """What went wrong that no test tells of."""
    said = site.server.log.read_text()
    found = {"the server's log": said[-2000:]} if "Traceback" in said else {}
    if ops := site.ops():
        found["the target"] = f"{len(ops)} rows are not as the store wants"
    return found


def external_network(site: Cloud) -> str:
    """The id of a network outside, with both families, which tempest wants to be there."""
    admin = site.administrator
    segment = {"provider:network_type": "flat", "provider:physical_network": PHYSICAL_NETWORK}
    made = admin.post("networks", name="public", **{"router:external": True}, **segment)["id"]
    for version, cidr in ((4, "203.0.113.0/24"), (6, "2001:db8:ffff::/64")):
        admin.post("subnets", network_id=made, ip_version=version, cidr=cidr, enable_dhcp=False)
    return str(made)


def configuration(site: Cloud, place: Path, external: str) -> configparser.ConfigParser:
    """What tempest is told."""
    who = site.openrc()
    extensions = sorted(each["alias"] for each in site.administrator.list("extensions"))
    found = configparser.ConfigParser(interpolation=None)
    found["DEFAULT"] = {"log_file": f"{place}/tempest.log"}
    found["oslo_concurrency"] = {"lock_path": f"{place}/lock"}
    found["auth"] = {
        "use_dynamic_credentials": "true", "create_isolated_networks": "false",
        "admin_username": who["OS_USERNAME"], "admin_password": who["OS_PASSWORD"],
        "admin_project_name": who["OS_PROJECT_NAME"],
        **{f"admin_{each}domain_name": "Default" for each in ("", "user_", "project_")},
    }  # fmt: skip
    found["identity"] = {"uri_v3": who["OS_AUTH_URL"], "auth_version": "v3", "region": who["OS_REGION_NAME"]}
    found["identity-feature-enabled"] = {"api_v2": "false"}
    found["service_available"] = {"neutron": "true", **dict.fromkeys(OTHER_SERVICES, "false")}
    found["network"] = {
        "public_network_id": external, "floating_network_name": "public", "project_network_cidr": "10.100.0.0/16",
    }  # fmt: skip
    found["network-feature-enabled"] = {
        "api_extensions": ",".join(extensions), "ipv6": "true", "ipv6_subnet_attributes": "true",
    }  # fmt: skip
    found["enforce_scope"] = {"neutron": "true"}
    found["validation"] = {"run_validation": "false"}
    return found


def run(venv: Path, place: Path, tests: str, package: str, told: Mapping[str, str], workers: int = WORKERS) -> bytes:
    """Run the tests of a package that match, in an environment that tells them of the cloud; what `read` reads."""
    [packages] = (venv / "lib").glob("python*/site-packages")
    (place / ".stestr.conf").write_text(
        f"[DEFAULT]\ntest_path={packages}/{package}\ntop_dir={packages}\ngroup_regex=([^\\.]*\\.)*\n"
    )
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    environment = {**inherited, "PATH": f"{venv}/bin:{os.environ['PATH']}", **told}

    def stestr(*words: str) -> subprocess.CompletedProcess[bytes]:
        command = [f"{venv}/bin/stestr", *words]
        return subprocess.run(command, cwd=place, env=environment, capture_output=True, check=False)

    stestr("init")
    done = stestr("run", "--concurrency", str(workers), tests)
    subunit = stestr("last", "--subunit").stdout
    if not subunit:
        raise SystemExit(f"{package} did not run:\n{done.stdout.decode()}{done.stderr.decode()}")
    decoded = [f"{venv}/bin/python", str(Path(__file__).with_name("subunit_json.py"))]
    return subprocess.run(decoded, input=subunit, capture_output=True, check=True).stdout


def read(report: bytes, left: Left) -> tuple[int, dict[str, str], dict[str, int]]:
    """How many passed, the last line of why each other failed, and how many were skipped for which reason."""
    passed, failed, skipped = 0, dict[str, str](), Counter[str]()
    for name, (status, why) in json.loads(report).items():
        if status == "success":
            passed += 1
        elif status == "skip":
            skipped[" ".join(why.split())[:200]] += 1
        elif reason := next((reason for pattern, reason in left.items() if re.search(pattern, name)), ""):
            skipped[reason] += 1
        else:
            failed[name] = ([line for line in why.splitlines() if line.strip()] or [status])[-1][:300]
    return passed, failed, dict(skipped)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
