"""EOS: echoes. Source: EOS user manual, `ping`; its program is that of Linux."""

from __future__ import annotations

from cpal.drivers.devices.parse.ping import SIZE, Echoes, asked_as, printed


def _command(wanted: Echoes) -> str:
    """`ping [vrf V] A timeout T size S repeat N [source A]`."""
    vrf = f"vrf {wanted.vrf} " if wanted.vrf else ""
    source = f" source {wanted.source}" if wanted.source else ""
    return f"ping {vrf}{wanted.destination} timeout {wanted.wait_s} size {SIZE} repeat {wanted.times}{source}"


ping = asked_as(_command, printed)
