"""What answers below a resource may ask of the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from cpal.core.driver import HostStatus
from cpal.faces.identity.context import Context
from cpal.faces.neutron.policy import Policy
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.scene import Scene
from cpal.model.record import Key, Record

Kept = tuple[Sequence[Record], Sequence[Key]]
"""What a write keeps: the records made or changed, and the keys of those that go."""


class Service(Protocol):
    """The Networking service."""

    policy: Policy

    async def scene(self, context: Context, ports: bool = False) -> Scene:
        """What the request sees now; with the status of ports where it shows any."""

    def found(self, scene: Scene, resource: Resource, id: str) -> Any:
        """The record of a resource, if who asks may see it. Raises: ApiFault, there is none, or not for who asks."""

    async def hosts(self) -> Mapping[str, HostStatus]:
        """The hypervisors that have registered, by name."""

    async def write(
        self, context: Context, decide: Callable[[Scene], Kept], words: str, draws_vni: bool = False
    ) -> Scene:
        """The scene right after a write; `decide` says what it keeps."""
