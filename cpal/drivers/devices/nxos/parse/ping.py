"""NX-OS: echoes, alike over NX-API and SSH. Source: Nexus 9000 command reference, `ping`, `ping6`."""

from __future__ import annotations

from cpal.drivers.devices.parse.ping import SIZE, Echoes, asked_as, printed


def _command(wanted: Echoes) -> str:
    """`ping A timeout T packet-size S count N [source A] [vrf V]`."""
    program = "ping6" if wanted.version == 6 else "ping"
    source = f" source {wanted.source}" if wanted.source else ""
    vrf = f" vrf {wanted.vrf}" if wanted.vrf else ""
    limits = f"timeout {wanted.wait_s} packet-size {SIZE} count {wanted.times}"
    return f"{program} {wanted.destination} {limits}{source}{vrf}"


ping = asked_as(_command, printed)
