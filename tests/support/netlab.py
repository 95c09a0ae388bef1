"""Configurations that netlab renders: an outside author of whole configurations, for each make. Source: netlab.tools"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

TOPOLOGY = """
provider: clab
defaults.device: {device}
module: [{modules}]
bgp.as: 65000
{more}
vrfs:
  red: {{{vrf}}}
vlans:
  v10: {{ mode: irb, vrf: red }}
  v20: {{ mode: bridge }}
nodes:
  s1:
  s2: {{ device: {second} }}
  h1: {{ device: linux, module: [] }}
  h2: {{ device: linux, module: [] }}
links:
- s1-s2
- s1: {{ vlan.access: v10 }}
  h1:
- s1: {{ vlan.trunk: [v10, v20] }}
  s2: {{ vlan.trunk: [v10, v20] }}
- s2: {{ vlan.access: v20 }}
  h2:
"""
"""Two switches with a routed link and a trunk between them, a VLAN in a VRF and one that is only bridged, over EVPN."""

ORDER = (
    "normalize", "initial", "lag", "vlan", "stp", "vrf", "routing", "bfd", "ospf", "isis", "bgp", "vxlan", "evpn",
    "gateway",
)  # fmt: skip
"""The order in which netlab deploys the parts."""
MODULES = "vlan, vrf, bgp, evpn, vxlan, ospf, routing"


def rendered(
    directory: Path, device: str, modules: str = MODULES, more: str = "", second: str = ""
) -> dict[str, dict[str, str]]:
    """For each switch, the parts of its configuration in the order in which netlab deploys them.

    Both are of one make, unless the `second` is of another.
    """
    vrf = "evpn.transit_vni: true" if "evpn" in modules else ""
    return created(
        directory, TOPOLOGY.format(device=device, modules=modules, more=more, vrf=vrf, second=second or device)
    )


def created(directory: Path, text: str) -> dict[str, dict[str, str]]:
    """The same of a topology with switches s1 and s2."""
    (directory / "topology.yml").write_text(text, encoding="utf-8")
    program = Path(sys.executable).with_name("netlab")
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(directory)}
    done = subprocess.run(
        [program, "create", "topology.yml"], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {
        node: {
            part: (directory / "node_files" / node / part).read_text(encoding="utf-8")
            for part in ORDER
            if (directory / "node_files" / node / part).exists()
        }
        for node in ("s1", "s2")
    }


def known(directory: Path, node: str) -> dict[str, Any]:
    """What netlab itself knows of a switch that it rendered: its VLANs, VRFs, addresses."""
    found: dict[str, Any] = json.loads((directory / "host_vars" / node / "topology.json").read_text(encoding="utf-8"))
    return found
