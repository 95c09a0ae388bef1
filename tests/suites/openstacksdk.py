"""The functional tests that openstacksdk brings along, against `cpal serve` with OVN behind.

    python -m tests.suites.openstacksdk [REGULAR EXPRESSION]

They are told of the clouds that a devstack has: those of an administrator and of two members.
Source: https://docs.openstack.org/openstacksdk/latest/contributor/testing.html
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

import yaml

from tests.suites.results import publish
from tests.suites.tempest import WORKERS, Left, external_network, left_behind, read, run
from tests.suites.venv import installed
from tests.support.cloud import Cloud, cloud

PACKAGES = {"openstack/tests/functional/network": WORKERS, "openstack/tests/functional/identity": 1}
"""Each with how many of its tests run at once: those of identities call credentials of one user the same."""
QUOTA = "--quota=router=100"
NOT_BUILT_IN = "not built in, where another service than those of networks asks for it: use a Keystone"
LEFT: Left = {
    r"test_auto_allocated_topology": "a member is to change another's network: the real Neutron refuses it too",
    r"network\.v2\.test_segment\.TestSegment\.test_create_delete": "a further segment is on a physical network",
    r"network\.v2\.test_segment\.TestSegment\.": "the test lacks what it looks for, at the real Neutron too",
    r"network\.v2\.test_service_provider\.": "it wants the provider `ha`, of L3 agents; Neutron with OVN has `ovn`",
    r"\.test_domain_config\.|\.test_endpoint_group\.|\.test_limit\.|\.test_registered_limit\.": NOT_BUILT_IN,
}


def main(tests: str = "") -> int:
    """Run them and write what they came to; the exit code."""
    venv = installed("tempest")
    passed, failed, skipped = 0, dict[str, str](), Counter[str]()
    with tempfile.TemporaryDirectory() as directory, cloud(Path(directory), QUOTA) as site:
        external_network(site)
        clouds = yaml.safe_dump({"clouds": devstack(site)})
        for package, workers in PACKAGES.items():
            place = Path(directory, package.replace("/", "-"))
            place.mkdir()
            (place / "clouds.yaml").write_text(clouds)
            more, wrong, left = read(run(venv, place, tests, package, {"OS_CLOUD": "devstack-admin"}, workers), LEFT)
            passed += more
            failed |= wrong
            skipped.update(left)
        failed |= left_behind(site)
    return publish("openstacksdk", passed, failed, skipped)


def devstack(site: Cloud) -> dict[str, object]:
    """The clouds, by the names that the tests know."""
    who = site.openrc()
    url, region = who["OS_AUTH_URL"], who["OS_REGION_NAME"]

    def signed_in(user: str, password: str, **scope: str) -> dict[str, object]:
        auth = {"auth_url": url, "username": user, "password": password, "user_domain_name": "Default", **scope}
        return {"auth": auth, "region_name": region, "identity_api_version": "3"}

    def within(user: str, password: str, project: str) -> dict[str, object]:
        return signed_in(user, password, project_name=project, project_domain_name="Default")

    for project in ("demo", "alt-demo"):
        site.member(project)
    admin = who["OS_USERNAME"], who["OS_PASSWORD"]
    return {
        "devstack-admin": within(*admin, who["OS_PROJECT_NAME"]),
        "devstack-system-admin": signed_in(*admin, system_scope="all"),
        "devstack": within("member-of-demo", "secret", "demo"),
        "devstack-alt": within("member-of-alt-demo", "secret", "alt-demo"),
    }


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
