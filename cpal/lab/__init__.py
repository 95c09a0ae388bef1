"""The lab: hypervisors, a top-of-rack switch, outside hosts and workloads on one machine, as namespaces and daemons."""

from .lab import Lab
from .records import (
    DaemonStatus,
    Endpoints,
    Finished,
    Hypervisor,
    Interface,
    InterfaceAddress,
    OutsideHost,
    Reconciled,
    Status,
    Workload,
)

__all__ = [
    "DaemonStatus",
    "Endpoints",
    "Finished",
    "Hypervisor",
    "Interface",
    "InterfaceAddress",
    "Lab",
    "OutsideHost",
    "Reconciled",
    "Status",
    "Workload",
]
