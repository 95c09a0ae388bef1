"""Instance: a workload that ports belong to. Here: a network namespace on a hypervisor."""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Record

NAMESPACE = "namespace"
"""The image of an instance that runs none: a network namespace."""


class Instance(Record, frozen=True, kw_only=True, gc=False, tag="instance"):
    """A workload. `host` is the name of the hypervisor it runs on; left out (""), one is chosen and kept."""

    kind: ClassVar[str] = "instance"
    host: str = ""
    image: str = NAMESPACE
