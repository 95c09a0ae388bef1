"""What is of one device, and called after it."""

from __future__ import annotations

from cpal.model.record import Record

IPV4, IPV6 = "ipv4", "ipv6"
ADDRESS_FAMILIES = (IPV4, IPV6)


class OfDevice(Record, frozen=True, kw_only=True, gc=False):
    """What is of one device, and called `DEVICE/WHAT`."""

    @property
    def device(self) -> str:
        """The device that it is of."""
        return self.name.partition("/")[0]

    @property
    def devices(self) -> tuple[str, ...]:
        """That device, as those of a record that may be on several."""
        return (self.device,)

    @property
    def own_name(self) -> str:
        """What the device calls it."""
        return self.name.partition("/")[2]
