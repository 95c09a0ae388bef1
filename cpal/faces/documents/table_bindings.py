"""How documents say by what ports are plugged at hypervisors, and what whoever plugs them is told."""

from __future__ import annotations

from cpal.faces.documents.scalars import choice, text, truth
from cpal.faces.documents.shapes import Field, Shape
from cpal.model.network import NORMAL, VNIC_TYPES, Binding

PLUGGING = (
    Field(
        "binding_profile",
        text("a JSON object", 4096),
        "What whoever plugs it is told, as JSON.",
        "nothing",
        aliases=("binding:profile",),
    ),
    Field(
        "vnic_type",
        choice(*VNIC_TYPES),
        "By what kind of interface it is plugged.",
        NORMAL,
        aliases=("binding:vnic_type",),
    ),
    Field("trusted", truth(), "Whether its machine is trusted: whoever plugs it is told.", "nobody is told"),
)
BINDING = Shape(
    "binding",
    "A hypervisor to which a port can be moved; a plain word is that.",
    (
        Field("host", text("a hypervisor", 255), "The hypervisor.", required=True),
        Field("profile", text("a JSON object", 4096), "What whoever plugs it there is told, as JSON.", "nothing"),
        Field("vnic_type", choice(*VNIC_TYPES), "By what kind of interface it is plugged there.", NORMAL),
    ),
    Binding,
    word=lambda word: "host",
)
