"""What a lab needs from the machine: root, programs (and the Debian packages that have them), kernel features."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from cpal.errors import Missing

from .ground import TUN, is_root
from .layout import base_environment
from .records import Datapath

PACKAGES = {
    "dhclient": "isc-dhcp-client",
    "ethtool": "ethtool",
    "ip": "iproute2",
    "mount": "mount",
    "nsenter": "util-linux",
    "ovn-controller": "ovn-host",
    "ovn-nbctl": "ovn-common",
    "ovn-northd": "ovn-central",
    "ovn-sbctl": "ovn-common",
    "ovs-vsctl": "openvswitch-switch",
    "ovs-vswitchd": "openvswitch-switch",
    "ovsdb-server": "openvswitch-common",
    "ovsdb-tool": "openvswitch-common",
    "udhcpc": "udhcpc",
    "unshare": "util-linux",
}
"""Program -> Debian package."""

FABRIC_PACKAGES = {
    "bgpd": "frr",
    "ospfd": "frr",
    "ethtool": "ethtool",
    "ip": "iproute2",
    "mount": "mount",
    "nsenter": "util-linux",
    "staticd": "frr",
    "sysctl": "procps",
    "unshare": "util-linux",
    "vtysh": "frr",
    "zebra": "frr",
}
"""The same for a fabric."""

ON_DEMAND = frozenset({"dhclient"})
"""Programs that only some workloads need (DHCPv6)."""

SCHEMAS = {
    "nb": (Path("/usr/share/ovn/ovn-nb.ovsschema"), "ovn-common"),
    "sb": (Path("/usr/share/ovn/ovn-sb.ovsschema"), "ovn-common"),
    "vswitch": (Path("/usr/share/openvswitch/vswitch.ovsschema"), "openvswitch-common"),
}
"""Database -> its schema's file, and the Debian package that has it."""

_FEATURES = {
    "network namespaces (CONFIG_NET_NS)": Path("/proc/self/ns/net"),
    "tun/tap devices (CONFIG_TUN)": TUN,
    "packet sockets (CONFIG_PACKET)": Path("/proc/net/packet"),
}
TUNNEL_MODULES = {"geneve": "geneve", "vxlan": "vxlan"}
"""Encapsulation -> the kernel module that the kernel datapath tunnels with."""


def check_fabric() -> None:
    """Raise Missing where a program or a kernel feature that a fabric needs is not there."""
    for program in FABRIC_PACKAGES:
        if shutil.which(program, path=base_environment()["PATH"] + ":/usr/lib/frr") is None:
            raise missing_program(program)


def check() -> None:
    """Raise Missing where a program, a schema or a kernel feature is not there."""
    for program in sorted(PACKAGES.keys() - ON_DEMAND):
        if shutil.which(program, path=base_environment()["PATH"]) is None:
            raise missing_program(program)
    for path, package in SCHEMAS.values():
        if not path.exists():
            raise Missing("no such file", key=str(path), remedy=f"install the Debian package {package}")
    for feature, path in _FEATURES.items():
        if not path.exists():
            raise missing_feature(feature)


def missing_program(program: str) -> Missing:
    """The fault of a program that is not installed."""
    package = PACKAGES.get(program) or FABRIC_PACKAGES.get(program)
    remedy = f"install the Debian package {package}" if package else ""
    return Missing("no such program", key=program, remedy=remedy)


def missing_feature(feature: str) -> Missing:
    """The fault of a kernel that lacks `feature`."""
    return Missing(f"this kernel has no {feature}", remedy="use a kernel that has it")


def best_datapath(encapsulation: str) -> Datapath:
    """`system` where the kernel can forward and tunnel by itself, else `netdev` (userspace).

    modprobe says whether a module is built in, loaded or could be; the kernel loads it when vswitchd first asks, so
    nothing is loaded here; only root may have it do so. Source: modprobe(8) --dry-run; ovs-vswitchd.conf.db(5).
    """
    if not is_root():
        return "netdev"
    modules = ("openvswitch", TUNNEL_MODULES[encapsulation])
    return "system" if all(_usable(module) for module in modules) else "netdev"


def _usable(module: str) -> bool:
    if Path("/sys/module", module).exists():
        return True
    modprobe = shutil.which("modprobe", path=base_environment()["PATH"])
    if modprobe is None:
        return False
    return subprocess.run([modprobe, "--dry-run", "--quiet", module], check=False).returncode == 0
