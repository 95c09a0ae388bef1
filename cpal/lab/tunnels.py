"""Tunnels that hypervisors watch: OVN has BFD tell which of a gateway's hosts live.

Theory. Each hypervisor sends what is for a gateway with several hosts into the first tunnel that BFD lets it use, and
drops it while there is none. Each end learns by itself that the session is up: while it is not, an end speaks once a
second, so the gateway's host may know, and claim the gateway, up to a second before the others may send to it. The
Southbound database says only who claimed it, each switch says of its own ends whether it may send.

Source: ovn-architecture(7), High Availability for Distributed Gateways; ovs-actions(7), bundle; RFC 5880 section 6.8.3;
ovs-vswitchd.conf.db(5), Interface, `bfd:enable` and `bfd_status:forwarding`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .layout import Layout
from .namespaces import STEP
from .processes import run
from .records import Hypervisor

_WORKERS = 16


def watched(layout: Layout, hypervisors: Collection[Hypervisor]) -> dict[str, bool]:
    """Whether an end may send, for each end of a watched tunnel between these hypervisors, which run: "hv2 to hv1"."""
    names = {hypervisor.underlay_address: hypervisor.name for hypervisor in hypervisors}
    with ThreadPoolExecutor(_WORKERS) as pool:
        ends = pool.map(lambda hypervisor: _ends(layout, hypervisor), hypervisors)
        return {
            f"{hypervisor.name} to {names[address]}": may_send
            for hypervisor, found in zip(hypervisors, ends, strict=True)
            for address, may_send in found.items()
            if address in names
        }


def _ends(layout: Layout, hypervisor: Hypervisor) -> dict[str, bool]:
    """Whether the hypervisor may send into its watched tunnels, by the address of the far end."""
    words = ["--format=json", "--columns=options,bfd_status", "find", "Interface", "bfd:enable=true"]
    text = run(["ovs-vsctl", "--no-syslog", "--timeout=20", *words], layout.environment(STEP, hypervisor.name))
    table = json.loads(text)
    rows = [{name: _map(value) for name, value in zip(table["headings"], row, strict=True)} for row in table["data"]]
    return {row["options"]["remote_ip"]: row["bfd_status"].get("forwarding") == "true" for row in rows}


def _map(value: Any) -> dict[str, str]:
    """A map as OVSDB writes it. Source: RFC 7047 section 5.1."""
    return dict(value[1])
