"""Where everything of a lab is and what it is called: all of it follows from the lab's directory.

A lab is found again by any later process, even when it was killed half-way, because nothing needs remembering:
network namespaces carry the lab's id in their names, processes carry the lab's directory in their environment.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cpal.errors import Invalid, NotFound

from .records import Endpoints, Hypervisor, OutsideHost

NAMESPACES = Path("/run/netns")
"""Where iproute2 keeps network namespaces by name."""

PHYSICAL_NETWORK = "physnet1"
UNDERLAY, TOP_OF_RACK = "underlay", "tor"
UNDERLAY_MTU = 9000
UNDERLAY_BASE = IPv4Address("172.31.0.10")
UNDERLAY_PREFIX_LENGTH = 16
MAX_HYPERVISORS = 200

MAX_SOCKET_PATH = 107
"""Bytes of a unix socket's path that the kernel takes, without the closing NUL. Source: unix(7)."""

_WORKLOAD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_TOOL_DIRECTORIES = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin")


@dataclass(frozen=True)
class Layout:
    """Names and paths of the lab in `directory` (absolute)."""

    directory: Path

    @classmethod
    def of(cls, directory: Path) -> Layout:
        """The layout of `directory`. Raises Invalid where its sockets' paths would be too long for the kernel."""
        layout = cls(Path(os.path.realpath(directory)))
        longest = max(layout.socket("nb"), layout.socket("sb"), key=lambda path: len(os.fsencode(path)))
        if len(os.fsencode(longest)) > MAX_SOCKET_PATH:
            spare = len(os.fsencode(longest)) - MAX_SOCKET_PATH
            raise Invalid(
                f"the lab's directory is {spare} bytes too long for unix sockets",
                key=str(directory),
                remedy="choose a shorter one, for example by CPAL_HOME",
            )
        return layout

    @property
    def lab_id(self) -> str:
        """Six hexadecimal digits that tell this lab's namespaces from those of others on the machine."""
        return hashlib.blake2s(os.fsencode(self.directory), digest_size=3).hexdigest()

    @property
    def namespace_prefix(self) -> str:
        """What every network namespace of this lab starts with."""
        return f"cpal-{self.lab_id}-"

    def namespace(self, name: str) -> str:
        """The network namespace of the node, outside host or workload `name`."""
        return self.namespace_prefix + name

    def namespace_path(self, name: str) -> Path:
        """The file that stands for the network namespace of `name`, on the lab's ground."""
        return NAMESPACES / self.namespace(name)

    @property
    def state(self) -> Path:
        """The file that makes the directory a lab and says of what kind."""
        return self.directory / "lab.json"

    @property
    def fresh_state(self) -> Path:
        """The state while it is being written."""
        return self.directory / "lab.json.new"

    @property
    def asked(self) -> Path:
        """The directory of the ports that somebody asked to plug."""
        return self.directory / "asked"

    @property
    def central(self) -> Path:
        """The directory of the OVN databases and of northd."""
        return self.directory / "central"

    def node(self, name: str) -> Path:
        """The directory of a node with an Open vSwitch of its own."""
        return self.directory / name

    def workload(self, name: str) -> Path:
        """The directory of a workload: what is plugged, its leases, its resolv.conf."""
        return self.directory / "workloads" / name

    def socket(self, database: str) -> Path:
        """The socket of `nb` or `sb`, called as ovn-nbctl and ovn-sbctl expect it in OVN_RUNDIR."""
        return self.central / f"ovn{database}_db.sock"

    @property
    def endpoints(self) -> Endpoints:
        """Where the Northbound and the Southbound database listen."""
        return Endpoints(northbound=f"unix:{self.socket('nb')}", southbound=f"unix:{self.socket('sb')}")

    def hypervisors(self, count: int) -> tuple[Hypervisor, ...]:
        """The first `count` hypervisors."""
        return tuple(
            Hypervisor(
                name=f"hv{number}",
                underlay_address=str(UNDERLAY_BASE + number),
                namespace=self.namespace(f"hv{number}"),
                physical_networks=(PHYSICAL_NETWORK,),
            )
            for number in range(1, count + 1)
        )

    @property
    def outside_hosts(self) -> tuple[OutsideHost, ...]:
        """What lies beyond the estate: one host on the flat network with the "internet" behind it, one in VLAN 42."""
        return (
            OutsideHost(
                name="outside-flat",
                physical_network=PHYSICAL_NETWORK,
                vlan=None,
                addresses=("203.0.113.254/24", "2001:db8:113::fe/64"),
                loopbacks=("192.0.2.1", "2001:db8:192::1"),
                mac_address="02:cb:00:71:00:fe",
                namespace=self.namespace("outside-flat"),
            ),
            OutsideHost(
                name="outside-vlan42",
                physical_network=PHYSICAL_NETWORK,
                vlan=42,
                addresses=("198.51.100.254/24", "2001:db8:100::fe/64"),
                loopbacks=(),
                mac_address="02:c6:33:64:00:fe",
                namespace=self.namespace("outside-vlan42"),
            ),
        )

    def environment(self, role: str, node: str = "") -> dict[str, str]:
        """The whole environment of a process of the lab: its mark, and where the tools of `node` find their daemons."""
        return {
            **base_environment(),
            **self.tool_environment(node),
            "CPAL_LAB": str(self.directory),
            "CPAL_LAB_ROLE": role,
        }

    def tool_environment(self, node: str) -> dict[str, str]:
        """Variables by which ovs-vsctl, ovs-appctl, ovn-nbctl, ... find the daemons of `node` and of the centre."""
        found = {"OVN_NB_DB": self.endpoints.northbound, "OVN_SB_DB": self.endpoints.southbound}
        if node:
            directory = str(self.directory / node)
            for program in ("OVS", "OVN"):
                found |= {f"{program}_{kind}": directory for kind in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")}
        return found


def base_environment() -> dict[str, str]:
    """The environment that tools need: a PATH that reaches system programs, and untranslated messages."""
    path = os.environ.get("PATH", "").split(os.pathsep)
    return {"PATH": os.pathsep.join(dict.fromkeys([*filter(None, path), *_TOOL_DIRECTORIES])), "LC_ALL": "C"}


def tap_name(port_id: str) -> str:
    """The hypervisor's end of the cable of `port_id`: at most 15 characters, as the kernel wants."""
    return "tap" + hashlib.blake2s(port_id.encode(), digest_size=6).hexdigest()[:11]


def check_workload_name(name: str, taken: frozenset[str]) -> None:
    """Raise Invalid unless `name` can be a workload's: a file name, and not one of the lab's own in `taken`."""
    if not _WORKLOAD_NAME.fullmatch(name):
        raise Invalid("a workload's name is letters, digits, '.', '_' and '-', at most 100", key=name)
    if name in taken:
        raise Invalid("this name belongs to the lab itself", key=name, remedy="choose another name")


def not_found(name: str, known: list[str]) -> NotFound:
    """The fault of asking for `name` where only `known` are."""
    return NotFound("no such workload or host in the lab", key=name, remedy=f"there are: {', '.join(known)}")
