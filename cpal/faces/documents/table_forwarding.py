"""What documents may say of port forwardings."""

from __future__ import annotations

from cpal.faces.documents import scalars
from cpal.faces.documents.scalars import choice
from cpal.faces.documents.shapes import Field, ReferenceTo, Shape
from cpal.faces.documents.table_fields import NOTES
from cpal.model.port_forwarding import FORWARDED, PortForwarding

_FIELDS = (
    Field("protocol", choice(*FORWARDED), "What is forwarded.", required=True),
    Field("external_port_range", scalars.PORTS, "The floating IP's port, or a range such as 8000-8100.",
          key="external_port", aliases=("external_port_range",), required=True),
    Field("internal_port_id", ReferenceTo("port"), "The port it leads to: an instance's name, or instance:network.",
          key="port", aliases=("internal_port_id",), required=True),
    Field("internal_port_range", scalars.PORTS, "Its port there; a range leads to as many, in order, or to one.",
          "as external_port", key="internal_port", aliases=("internal_port_range",)),
    Field("internal_ip_address", scalars.ADDRESS, "The inner address.", "the port's first IPv4 address"),
    *NOTES,
)  # fmt: skip
FORWARDING = Shape("port_forwarding", "A port of the floating IP around it that leads to one inside.", _FIELDS,
                   PortForwarding)  # fmt: skip
LONE_FORWARDING = Shape(
    "lone_port_forwarding",
    "A port of a floating IP that is named, and leads to one inside.",
    (
        Field("floatingip_id", ReferenceTo("floating_ip"), "The floating IP.", key="floating_ip",
              aliases=("floatingip_id",), required=True),
        *_FIELDS,
    ),
    PortForwarding,
)  # fmt: skip
