"""What a thing is: frozen, typed, tagged records and the Estate that holds them. Pure.

    >>> from cpal import model
    >>> web = model.Network(id="6f1c...", name="web", mtu=1400)

Every type of record is a name here (`model.Network`, `model.Port` ...), as are the parts they are made of. Names and
meanings are those of the OpenStack Networking API. `model.Estate` holds all records at one revision, as
`cpal.Session().estate` does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpal.model.acl import Acl as Acl
    from cpal.model.acl import AclEntry as AclEntry
    from cpal.model.address_scope import AddressScope as AddressScope
    from cpal.model.bgp import Bgp as Bgp
    from cpal.model.bgp import BgpNeighbor as BgpNeighbor
    from cpal.model.classifier import Classifier as Classifier
    from cpal.model.classifier import ClassifierTerm as ClassifierTerm
    from cpal.model.default_rules import DefaultSecurityGroupRule as DefaultSecurityGroupRule
    from cpal.model.estate import Change as Change
    from cpal.model.estate import Estate as Estate
    from cpal.model.instance import Instance as Instance
    from cpal.model.log import Log as Log
    from cpal.model.mlag import Mlag as Mlag
    from cpal.model.network import AddressPair as AddressPair
    from cpal.model.network import AllocationPool as AllocationPool
    from cpal.model.network import Binding as Binding
    from cpal.model.network import DhcpOption as DhcpOption
    from cpal.model.network import FixedIP as FixedIP
    from cpal.model.network import HostRoute as HostRoute
    from cpal.model.network import Network as Network
    from cpal.model.network import Port as Port
    from cpal.model.network import Segment as Segment
    from cpal.model.network import SegmentNotes as SegmentNotes
    from cpal.model.network import Subnet as Subnet
    from cpal.model.ospf import Ospf as Ospf
    from cpal.model.ospf import OspfInterface as OspfInterface
    from cpal.model.port_forwarding import PortForwarding as PortForwarding
    from cpal.model.qos import QosBandwidthLimitRule as QosBandwidthLimitRule
    from cpal.model.qos import QosDscpMarkingRule as QosDscpMarkingRule
    from cpal.model.qos import QosMinimumBandwidthRule as QosMinimumBandwidthRule
    from cpal.model.qos import QosPolicy as QosPolicy
    from cpal.model.quota import Quota as Quota
    from cpal.model.rbac import RbacPolicy as RbacPolicy
    from cpal.model.record import Key as Key
    from cpal.model.record import Record as Record
    from cpal.model.router import ExternalGateway as ExternalGateway
    from cpal.model.router import FloatingIP as FloatingIP
    from cpal.model.router import FloatingPort as FloatingPort
    from cpal.model.router import MoreGateway as MoreGateway
    from cpal.model.router import Router as Router
    from cpal.model.security import AddressGroup as AddressGroup
    from cpal.model.security import SecurityGroup as SecurityGroup
    from cpal.model.security import SecurityGroupRule as SecurityGroupRule
    from cpal.model.subnet_pool import SubnetPool as SubnetPool
    from cpal.model.switch import Interface as Interface
    from cpal.model.switch import Lag as Lag
    from cpal.model.switch import NtpServer as NtpServer
    from cpal.model.switch import Route as Route
    from cpal.model.switch import Stp as Stp
    from cpal.model.switch import SyslogServer as SyslogServer
    from cpal.model.switch import Vlan as Vlan
    from cpal.model.switch import Vrf as Vrf
    from cpal.model.target import Host as Host
    from cpal.model.target import OutsideHost as OutsideHost
    from cpal.model.target import Placement as Placement
    from cpal.model.target import Project as Project
    from cpal.model.target import Range as Range
    from cpal.model.target import Target as Target
    from cpal.model.trunk import Subport as Subport
    from cpal.model.trunk import Trunk as Trunk

_PLACES = {
    "acl": ("Acl", "AclEntry"),
    "address_scope": ("AddressScope",),
    "bgp": ("Bgp", "BgpNeighbor"),
    "classifier": ("Classifier", "ClassifierTerm"),
    "default_rules": ("DefaultSecurityGroupRule",),
    "estate": ("Change", "Estate"),
    "instance": ("Instance",),
    "log": ("Log",),
    "mlag": ("Mlag",),
    "network": (
        "AddressPair", "AllocationPool", "Binding", "DhcpOption", "FixedIP", "HostRoute", "Network", "Port", "Segment",
        "SegmentNotes", "Subnet",
    ),
    "ospf": ("Ospf", "OspfInterface"),
    "port_forwarding": ("PortForwarding",),
    "qos": ("QosBandwidthLimitRule", "QosDscpMarkingRule", "QosMinimumBandwidthRule", "QosPolicy"),
    "quota": ("Quota",),
    "rbac": ("RbacPolicy",),
    "record": ("Key", "Record"),
    "router": ("ExternalGateway", "FloatingIP", "FloatingPort", "MoreGateway", "Router"),
    "security": ("AddressGroup", "SecurityGroup", "SecurityGroupRule"),
    "subnet_pool": ("SubnetPool",),
    "switch": ("Interface", "Lag", "NtpServer", "Route", "Stp", "SyslogServer", "Vlan", "Vrf"),
    "target": ("Host", "OutsideHost", "Placement", "Project", "Range", "Target"),
    "trunk": ("Subport", "Trunk"),
}  # fmt: skip
"""Which module of this package has what."""
_MODULE_OF = {name: module for module, names in _PLACES.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    # lazy: a module of this package is imported by many that need no other of it
    if name in _MODULE_OF:
        return getattr(import_module(f"cpal.model.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'cpal.model' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
