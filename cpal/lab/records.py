"""What the lab is told and what it tells: workloads, hypervisors, outside hosts, status."""

from __future__ import annotations

from typing import Literal

import msgspec

Encapsulation = Literal["geneve", "vxlan"]
Datapath = Literal["system", "netdev"]
"""Open vSwitch's datapath type: the kernel's (openvswitch.ko) or the userspace one."""


class Interface(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A network interface of a workload, bound to the logical port `port_id`; they are called eth0, eth1, ... in order.

    That of a `trunk` takes tagged frames too. One whose port is a subport names the port of its `carrier`, and the
    `vlan` that it has there: it is called eth0.100.

    `mtu` in bytes. How it gets addresses: `dhcp4` by DHCP; `slaac` from router advertisements; `dhcp6` by DHCPv6,
    which with `slaac` asks for options only (stateless); `addresses` (with prefix length) and `gateways` (at most one
    an IP version) are set as they stand, for subnets that serve neither. `lease` says in any words what DHCP is to
    tell: when it changes, the clients ask anew.
    """

    port_id: str
    mac_address: str
    mtu: int = 1500
    dhcp4: bool = False
    dhcp6: bool = False
    slaac: bool = False
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    lease: str = ""
    trunk: bool = False
    carrier: str = ""
    vlan: int = 0


class Workload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A machine of a tenant: here a network namespace on `hypervisor`. `name` is unique in the lab."""

    name: str
    hypervisor: str
    interfaces: tuple[Interface, ...] = ()


class Hypervisor(msgspec.Struct, frozen=True, kw_only=True):
    """A hypervisor of the lab: `name` is its OVN chassis, `underlay_address` its tunnel endpoint (VTEP)."""

    name: str
    underlay_address: str
    namespace: str
    physical_networks: tuple[str, ...]


class OutsideHost(msgspec.Struct, frozen=True, kw_only=True):
    """A machine beyond the estate, behind the top-of-rack switch: untagged (`vlan` None) or in a VLAN.

    `addresses` are its interface's, with prefix length; `loopbacks` further ones behind it, without.
    """

    name: str
    physical_network: str
    vlan: int | None
    addresses: tuple[str, ...]
    loopbacks: tuple[str, ...]
    mac_address: str
    namespace: str


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Where OVN's databases listen, each as `unix:PATH`."""

    northbound: str
    southbound: str


class EmulatedSwitch(msgspec.Struct, frozen=True, kw_only=True):
    """A switch beside a fabric that is emulated and forwards nothing: its make, what speaks for it, its address.

    `address` is what `--device` takes; empty until it listened once.
    """

    name: str
    make: str
    title: str
    api: str
    address: str
    emulator: Literal[True] = True


class FabricStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a lab that is a fabric runs: its spines, and where each leaf's daemons are, as `file:DIRECTORY`.

    Spines and leaves are real, `emulated` switches are not.
    """

    make: str
    underlay: str
    spines: tuple[str, ...]
    endpoints: dict[str, str]
    emulated: tuple[EmulatedSwitch, ...] = ()


class DaemonStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A daemon that should run, such as `nb` or `hv1/ovn-controller`; `pid` is None when it does not."""

    name: str
    pid: int | None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The lab as it is now. `state`: `down`; `up`; `broken` when a daemon or a namespace is gone (`up` heals it).

    A `fabric` has leaves for hypervisors. `missing` are the names of the dead daemons and of the nodes whose namespace
    is gone.
    """

    directory: str
    state: Literal["down", "up", "broken"]
    encapsulation: str = ""
    datapath: str = ""
    endpoints: Endpoints | None = None
    fabric: FabricStatus | None = None
    hypervisors: tuple[Hypervisor, ...] = ()
    outside_hosts: tuple[OutsideHost, ...] = ()
    workloads: tuple[Workload, ...] = ()
    daemons: tuple[DaemonStatus, ...] = ()
    missing: tuple[str, ...] = ()


class InterfaceAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address that a namespace really has: `address` with prefix length; `scope` global or link."""

    interface: str
    mac_address: str
    address: str
    scope: str


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A command that ran to its end inside the lab."""

    exit_code: int
    stdout: str
    stderr: str


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """What `reconcile` did, as names of workloads: new, changed in place, taken away, and left as they were."""

    plugged: tuple[str, ...]
    changed: tuple[str, ...]
    unplugged: tuple[str, ...]
    unchanged: tuple[str, ...]
