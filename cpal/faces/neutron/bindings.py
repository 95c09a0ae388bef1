"""Bindings of ports to hosts: the active one, where the port is, and others, where its machine can be moved to.

A new binding holds a place: nothing is plugged there until it is activated, which makes the one that was active such a
place in turn. While a machine moves, its compute service says whereto in the active binding's profile, and OVN has the
port on both hosts. Source: Networking API v2.0, ports/bindings; extension binding-extended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from cpal.errors import Forbidden
from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron import listing as lists
from cpal.faces.neutron.attribute import posted, put
from cpal.faces.neutron.binding_profile import refuse_partial, shown_profile, told_profile
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict
from cpal.faces.neutron.permission import STANDS_FOR
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.routed import refuse_elsewhere, rehosted
from cpal.faces.neutron.scene import Scene
from cpal.faces.neutron.service import Kept, Service
from cpal.faces.neutron.tables import BINDING
from cpal.faces.neutron.vif import FAILED, plugged
from cpal.model.estate import Estate
from cpal.model.network import Binding, Port

SEEN_BY, MADE_BY = "get_port_binding", "create_port_binding"
"""The rules that decide who sees a binding, and who makes one."""
OWNERS = ("compute:", "manila:")
"""What the roles of ports start with that can have several bindings."""
Shown = dict[str, Any]


def shown_bindings(estate: Estate, port: Port) -> list[Shown]:
    """A port's bindings as the API shows them, the active one first."""
    active = _active(port)
    others = (_shown(estate, port, binding, "INACTIVE") for binding in port.bindings)
    return [_shown(estate, port, active, "ACTIVE"), *others]


def _active(port: Port) -> Binding:
    return Binding(port.host_id, port.binding_profile, port.vnic_type)


def _at_host(port: Port, binding: Binding) -> Port:
    """A port as it is by one of its bindings."""
    return replace(port, host_id=binding.host, binding_profile=binding.profile, vnic_type=binding.vnic_type)


def _shown(estate: Estate, port: Port, binding: Binding, status: str) -> Shown:
    vif_type, vif_details = plugged(estate, binding.host, _at_host(port, binding))
    return {
        "host": binding.host,
        "vif_type": vif_type,
        "vif_details": vif_details,
        "vnic_type": binding.vnic_type,
        "profile": shown_profile(port, binding.profile),
        "status": status,
    }


async def bindings(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Response:
    """A port's bindings, one of them, or its activation."""
    asked = _Asked(api, request, resource, id, context)
    match request.method, words[1:]:
        case (("GET" | "HEAD"), []):
            return await asked.all()
        case "POST", []:
            return await asked.made()
        case (("GET" | "HEAD"), [host]):
            return await asked.one(host)
        case "PUT", [host]:
            return await asked.changed(host)
        case "DELETE", [host]:
            return await asked.deleted(host)
        case "PUT", [host, "activate"]:
            return await asked.activated(host)
    raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")


class _Asked:
    """A request for the bindings of a port."""

    def __init__(self, api: Service, request: Request, resource: Resource, id: str, context: Context) -> None:
        self._api, self._request, self._resource, self._id, self._context = api, request, resource, id, context

    async def all(self) -> Response:
        """All of them that pass the filters; to who may see the port alone, none."""
        query = lists.parsed(self._request.query, BINDING)
        matches = lists.matching(query, {})
        scene = await self._api.scene(self._context)
        port = self._port(scene)
        found = [each for each in shown_bindings(scene.estate, port) if matches(each)] if self._may_see else []
        return json_response(200, {"bindings": [lists.picked(each, query.fields) for each in found]})

    async def one(self, host: str) -> Response:
        """The one at a host."""
        scene = await self._api.scene(self._context)
        return json_response(200, {"binding": self._at(scene, self._found(scene, SEEN_BY), host)})

    async def made(self) -> Response:
        """A further one."""
        values = posted("binding", BINDING, self._sent())
        binding = Binding(values["host"], told_profile(values["profile"]), values["vnic_type"])
        refuse_partial(binding.vnic_type, binding.profile)
        written = await self._write(MADE_BY, lambda scene, port: self._with(scene, port, binding))
        return json_response(201, {"binding": self._at(*written, binding.host)})

    async def changed(self, host: str) -> Response:
        """One with another profile."""
        values = put("binding", BINDING, self._sent())
        if values.get("host", host) != host:
            raise bad_request("Cannot update read-only attribute host")
        written = await self._write("update_port_binding", lambda scene, port: self._profiled(port, host, values))
        return json_response(200, {"binding": self._at(*written, host)})

    async def deleted(self, host: str) -> Response:
        """One of them gone; without the active one the port is nowhere."""
        await self._write("delete_port_binding", lambda scene, port: self._without(port, host))
        return Response(204)

    async def activated(self, host: str) -> Response:
        """The port at another of its hosts; what is shown stands below no name, as in Neutron."""
        written = await self._write("activate", lambda scene, port: self._moved(scene, port, host))
        return json_response(200, self._at(*written, host))

    # Reading

    @property
    def _may_see(self) -> bool:
        return self._api.policy.allows(SEEN_BY, self._context, {})

    def _found(self, scene: Scene, rule: str) -> Port:
        """The port, if the rule allows what is asked.

        Raises:
            Forbidden: it does not.
            ApiFault: it does not, and who asks may not even see the binding; or the port is not for them, or has none.
        """
        port = self._port(scene)
        try:
            self._api.policy.require(STANDS_FOR.get(rule, rule), self._context, {})
        except Forbidden:
            if self._may_see or rule == MADE_BY:
                raise
            raise ApiFault(404, "HTTPNotFound", "The resource could not be found.") from None
        return port

    def _port(self, scene: Scene) -> Port:
        port: Port = self._api.found(scene, self._resource, self._id)
        if not port.device_owner.startswith(OWNERS):
            raise bad_request(f"Bad port request: Invalid port {port.id}. Operation only valid on compute and shared "
                              "filesystem ports.", "BadRequest")  # fmt: skip
        return port

    def _at(self, scene: Scene, port: Port, host: str) -> Shown:
        found = next((each for each in shown_bindings(scene.estate, port) if each["host"] == host), None)
        if found is None:
            raise self._missing(host)
        return found

    def _missing(self, host: str) -> ApiFault:
        message = f"Binding for port {self._id} for host {host} could not be found."
        return ApiFault(404, "PortBindingNotFound", message)

    # Writing

    def _sent(self) -> Mapping[str, Any]:
        body = self._request.json()
        found = body.get("binding") if isinstance(body, dict) else None
        if not isinstance(found, dict):
            raise bad_request("Unable to find 'binding' in request body")
        return found

    async def _write(self, rule: str, change: Callable[[Scene, Port], Port]) -> tuple[Scene, Port]:
        def decide(scene: Scene) -> Kept:
            return [change(scene, self._found(scene, rule))], ()

        scene = await self._api.write(self._context, decide, f"{self._request.method} ports/{self._id}/bindings")
        return scene, self._found(scene, rule)

    def _with(self, scene: Scene, port: Port, binding: Binding) -> Port:
        if binding.host in (port.host_id, *(each.host for each in port.bindings)):
            message = f"Binding for port {port.id} on host {binding.host} already exists."
            raise conflict("PortBindingAlreadyExists", message)
        if (
            "," not in binding.host and plugged(scene.estate, binding.host, _at_host(port, binding))[0] == FAILED
        ):  # of several more is told below
            message = f"Binding for port {port.id} on host {binding.host} could not be created or updated."
            raise conflict("PortBindingError", message)
        refuse_elsewhere(scene, port, binding.host)
        return replace(port, bindings=(*port.bindings, binding))

    def _profiled(self, port: Port, host: str, values: Mapping[str, Any]) -> Port:
        others, binding = self._others(port, host), self._binding(port, host)
        if "profile" in values:
            binding = replace(binding, profile=told_profile(values["profile"]))
        binding = replace(binding, vnic_type=values.get("vnic_type", binding.vnic_type))
        refuse_partial(binding.vnic_type, binding.profile)
        return _at_host(port, binding) if host == port.host_id else replace(port, bindings=(*others, binding))

    def _without(self, port: Port, host: str) -> Port:
        if host == port.host_id:
            return replace(port, host_id="", binding_profile="")
        return replace(port, bindings=self._others(port, host))

    def _moved(self, scene: Scene, port: Port, host: str) -> Port:
        if host == port.host_id:
            raise conflict("PortBindingAlreadyActive", f"Binding for port {port.id} on host {host} is already active.")
        others, binding = self._others(port, host), self._binding(port, host)
        left = (_active(port),) if port.host_id else ()
        moved = replace(_at_host(port, binding), bindings=(*others, *left))
        return rehosted(scene, port, moved, asks_addresses=False)

    def _others(self, port: Port, host: str) -> tuple[Binding, ...]:
        """The inactive bindings but the one at a host, which must be there."""
        self._binding(port, host)
        return tuple(each for each in port.bindings if each.host != host)

    def _binding(self, port: Port, host: str) -> Binding:
        if host == port.host_id:
            return _active(port)
        found = next((each for each in port.bindings if each.host == host), None)
        if found is None:
            raise self._missing(host)
        return found
