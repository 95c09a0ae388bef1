"""Linux: echoes by the host's own program, in a VRF of the kernel. Source: ping(8) of iputils, ip-vrf(8)."""

from __future__ import annotations

from cpal.drivers.devices.parse.ping import Echoes, asked_as, printed, program


def _command(wanted: Echoes) -> str:
    return program(wanted, f"ip vrf exec {wanted.vrf}" if wanted.vrf else "")


ping = asked_as(_command, printed)
