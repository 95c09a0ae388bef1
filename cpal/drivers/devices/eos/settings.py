"""How EOS writes what is declared of devices one by one, beyond VLANs and interfaces. Pure data.

Source: Arista EOS user manual, "VRF-lite", "Static routes", "NTP", "Logging".
"""

from __future__ import annotations

from collections.abc import Mapping

from cpal.drivers.devices.render_device import (
    NTP,
    ROUTES,
    SYSLOG,
    VRF,
    VRF_IPV4,
    VRF_IPV6,
    VRF_NTP,
    VRF_ROUTES,
    VRF_SYSLOG,
)
from cpal.drivers.devices.settings import Setting

SETTINGS: Mapping[str, Setting] = {
    each.table: each
    for each in (
        Setting(VRF, "vrf instance {0}"),
        Setting(VRF_IPV4, "", "ip routing vrf {0}", within=VRF),
        Setting(VRF_IPV6, "", "ipv6 unicast-routing vrf {0}", within=VRF),
        Setting(ROUTES, "", "ip route {0:prefix4} {1:ip4} | ipv6 route {0:prefix6} {1:ip6}"),
        Setting(VRF_ROUTES, "", "ip route vrf {0} {1:prefix4} {2:ip4} | ipv6 route vrf {0} {1:prefix6} {2:ip6}"),
        Setting(NTP, "", "ntp server {0}"),
        Setting(VRF_NTP, "", "ntp server vrf {0} {1}"),
        Setting(SYSLOG, "", "logging host {0}"),
        Setting(VRF_SYSLOG, "", "logging vrf {0} host {1}"),
    )
}
"""How EOS writes each setting."""
