"""What is in every answer to a path of NVUE. Source: NVUE's OpenAPI specification. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

TREES: Known = {
    "/system": "hostname|build|uptime",
    "/platform": "product-name|model|manufacturer|serial-number|hardware|software",
    "/interface": "*/link|*/ip|*/type|*/ifindex",
    "/interface/": "ipv4|ipv6",
    "/bridge/domain": "*/vlan|*/type|*/port|*/mac-table|*/vlan-vni-map|*/encap|*/stp|*/ageing",
    "/bridge/domain/": "*/mac",
}
