"""Every extension that the real Neutron lists is here, or left out for a reason.

Recorded: the aliases that neutron 29.0.0 lists with ML2/OVN, the service plug-ins ovn-router, qos, trunk, segments,
port_forwarding, auto_allocate, network_ip_availability, log, flavors, network_segment_range and metering, the extension
drivers port_security, qos, dns_domain_ports and port_trusted, and `vlan_transparent` on.
"""

from __future__ import annotations

from cpal.faces.neutron.extensions import EXTENSIONS, LEFT_OUT
from tests.source import ROOT

RECORDED = (ROOT / "tests/golden/neutron/29.0.0/extensions.txt").read_text(encoding="utf-8").split()


def test_what_neutron_lists_is_here_or_left_out_for_a_reason() -> None:
    assert sorted(LEFT_OUT) == sorted(set(RECORDED) - set(EXTENSIONS))
    assert all(LEFT_OUT.values())
