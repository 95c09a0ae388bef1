"""Neutron's own tests of its API, neutron-tempest-plugin, against `cpal serve` with OVN behind it.

    python -m tests.suites.tempest_neutron [REGULAR EXPRESSION]

Source: https://docs.openstack.org/neutron/latest/contributor/testing/tempest_testing.html
"""

from __future__ import annotations

import json
import sys

from tests.suites.tempest import Left, suite
from tests.support.cloud import PHYSICAL_NETWORK

TESTS = r"^neutron_tempest_plugin\.api\."
OPTIONS = {
    "provider_vlans": PHYSICAL_NETWORK,
    "provider_net_base_segm_id": "3100",
    "available_type_drivers": "flat,geneve,vlan",
    "firewall_driver": "ovn",
    "create_shared_resources": "true",
    "test_mtu_networks": json.dumps(
        [
            {"provider:network_type": "geneve", "mtu": mtu, "cidr": cidr}
            for mtu, cidr in ((1200, "10.100.0.0/16"), (1300, "10.200.0.0/16"))
        ]
    ),
}
"""The VLANs are beyond those that the server chooses from."""
QUOTA = "--quota=router=100"
"""As in Neutron's own jobs: a class of these tests makes more routers than a project has by default."""
LEFT: Left = {
    r"PortsTestJSON\.test_create_update_port_with_dns_(name|domain)": (
        "both leave a port of one name on one network; here the second is refused, and OVN would find one of them alone"
    ),
}


def main(tests: str = TESTS) -> int:
    """Run it and write what it came to; the exit code."""
    return suite("tempest_neutron", tests, QUOTA, more=OPTIONS, left=LEFT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
