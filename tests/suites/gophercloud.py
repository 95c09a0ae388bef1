"""Gophercloud's own acceptance tests, which Terraform's OpenStack provider stands on, against `cpal serve` with OVN.

    python -m tests.suites.gophercloud

Go and the library are Debian's packages, so it is the release that Debian has. Terraform and its provider themselves
are on no registry of packages that is reached here. Source: its acceptance/README.md.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.source import ROOT
from tests.suites.results import publish
from tests.suites.tempest import external_network
from tests.support.cloud import cloud

PACKAGES = ("golang-go", "golang-github-gophercloud-gophercloud-dev")
ACCEPTANCE = "github.com/gophercloud/gophercloud/acceptance/openstack"
EXTENSIONS = (
    "agents", "dns", "layer3", "mtu", "networkipavailabilities", "portsbinding", "qos/policies", "qos/rules",
    "qos/ruletypes", "quotas", "rbacpolicies", "subnetpools", "trunks", "vlantransparent",
)  # fmt: skip
TESTED = (
    "identity/v3",
    "networking/v2",
    "networking/v2/extensions",
    *(f"networking/v2/extensions/{each}" for each in EXTENSIONS),
)
NOT_OURS = {
    "TestAgentsRUD": "it wants an agent for DHCP: with OVN there is none, in Neutron neither",
    "TestLayer3ExternalRouterCreateDelete": "it wants the address that it left open to stay open in the answer",
    "TestMTUNetworkCRUDL": "it wants an MTU of 1449, which Geneve leaves no room for; Neutron with OVN refuses it too",
    "TestPortsbindingCRUD": "it wants an administrator to set binding:profile, which is a service's by Neutron's rules",
    "TestCredentialsCRUD": "no credentials of EC2 or S3 are kept",
    "TestCredentialsValidateS3": "no credentials of EC2 or S3 are kept",
    "TestEC2CredentialsCRD": "no credentials of EC2 or S3 are kept",
    "TestEndpointsNavigateCatalog": "it wants a compute service",
    "TestOAuth1CRUD": "there is no OAuth",
    "TestPoliciesCRUD": "no policies are kept in the identity service",
    "TestPoliciesList": "no policies are kept in the identity service",
    "TestRolesFilterList": "it wants a domain's role among the roles of all, where Keystone does not list it either",
    "TestTokensGet": "it calls the domain Default `default`, which only a database that ignores case takes for it",
    "TestTrustCRUD": "there are no trusts; application credentials do what they are for",
}
"""Tests that fail for what they want, with the reason: skipped in what is published."""
_RESULT = re.compile(r"^--- (PASS|FAIL|SKIP): (\S+)", re.MULTILINE)
_WHY = re.compile(r"Failure in ([^\n]*)|^panic: ([^\n]*)", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def main() -> int:
    """Run them and write what they came to; the exit code."""
    subprocess.run([ROOT / "tools/install-packages", *PACKAGES], check=True)
    passed, failed, skipped = 0, dict[str, str](), Counter[str]()
    with tempfile.TemporaryDirectory() as directory, cloud(Path(directory)) as site:
        environment = {**os.environ, **told(site.openrc(), external_network(site)), "GOCACHE": f"{directory}/go"}
        for package in TESTED:
            said = run(package, environment)
            for test, (result, why) in read(said).items():
                if result == "PASS":
                    passed += 1
                elif result == "SKIP" or test in NOT_OURS:
                    skipped[NOT_OURS.get(test, "skipped by itself")] += 1
                else:
                    failed[test] = why
            if not _RESULT.search(said):
                failed[package] = said[-300:]
        if "Traceback" in site.server.log.read_text():
            failed["the server's log"] = site.server.log.read_text()[-2000:]
        if ops := site.ops():
            failed["the target"] = f"{len(ops)} rows are not as the store wants"
    return publish("gophercloud", passed, failed, skipped)


def told(openrc: dict[str, str], external: str) -> dict[str, str]:
    """The environment that the tests read: the cloud, and names of what they do not use but insist on."""
    who = {name: value for name, value in openrc.items() if not name.endswith("_DOMAIN_NAME")}
    unused = {"OS_IMAGE_ID": "none", "OS_FLAVOR_ID": "none", "OS_FLAVOR_ID_RESIZE": "no other"}
    place = {"OS_DOMAIN_NAME": "Default", "OS_POOL_NAME": "public", "OS_EXTGW_ID": external}
    go = {"GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOFLAGS": ""}
    return {**who, **unused, **place, **go, "OS_PORTFORWARDING_ENVIRONMENT": "1"}


def run(package: str, environment: dict[str, str]) -> str:
    """What `go test` prints of a package of tests."""
    command = ["go", "test", "-v", "-count=1", "-tags=acceptance networking identity", f"{ACCEPTANCE}/{package}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return _COLOUR.sub("", done.stdout + done.stderr)


def read(said: str) -> dict[str, tuple[str, str]]:
    """Of each test what it came to, and why it failed."""
    found, start = {}, 0
    for match in _RESULT.finditer(said):
        why = _WHY.search(said, start, match.start()) or _WHY.search(said, match.start())
        found[match[2]] = (match[1], ((why[1] or why[2]) if why else "")[:300])
        start = match.end()
    return found


if __name__ == "__main__":
    sys.exit(main())
