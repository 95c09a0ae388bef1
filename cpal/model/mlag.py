"""Multi-chassis link aggregation of devices: two of them to which others speak as if they were one.

Words: those of openconfig-mclag (SONiC), `mclag-domain/config`, and of the makes' command references where it has none.
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Record


class Mlag(Record, frozen=True, kw_only=True, gc=False, tag="mlag"):
    """A device as one of a pair, called as the device is; both are of `domain`. What is left out stays as it is.

    They speak over `peer_link`, a LAG; where a make does so over IP, from `local_interface` to `peer_address`. That
    the other is alive is also asked another way: at `keepalive_destination` in `keepalive_vrf` ("" the one that the
    make takes of itself), from `keepalive_source`. Which LAG is one with which of the other device, `Lag.mlag` says.
    Source: openconfig-mclag, `domain-id`, `peer-address`, `peer-link`; Arista EOS user manual, "Multi-Chassis Link
    Aggregation"; Cisco Nexus 9000 Series NX-OS Interfaces Configuration Guide, "Configuring vPCs".
    """

    kind: ClassVar[str] = "mlag"
    domain: str
    local_interface: str = ""
    peer_address: str = ""
    peer_link: str = ""
    keepalive_destination: str = ""
    keepalive_source: str = ""
    keepalive_vrf: str = ""

    @property
    def device(self) -> str:
        """The device that it is of."""
        return self.name

    @property
    def devices(self) -> tuple[str, ...]:
        """That device, as those of a record that may be on several."""
        return (self.name,)
