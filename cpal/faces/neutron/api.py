"""The API: from a request to the records it reads or writes, and to what is shown of them.

who asks            the token's context
which resource      the collection of the path
may they            policy, of the rule and of each attribute that is sent; who may not see it hears it is not there
what is sent        the attribute table
decide              on the estate as it is when the write's turn comes: quota, references, records
show                as the reader may see it
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from cpal.core.driver import HostStatus
from cpal.core.proposal import Proposal
from cpal.core.stack import propose_records
from cpal.engine.request import Ages, AgesAfter
from cpal.engine.run import Engine
from cpal.engine.writer import Writer
from cpal.errors import Busy, CpalError, TimedOut, Unauthenticated, Unreachable
from cpal.faces.drawn_id import drawn_id
from cpal.faces.http.log import ABOUT
from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.access_rules import allow
from cpal.faces.identity.context import Context, Tokens
from cpal.faces.identity.faults import UNAUTHENTICATED
from cpal.faces.neutron import listing as lists
from cpal.faces.neutron.attribute import UNSET, posted, put
from cpal.faces.neutron.bodies import CORE, bodies_to_make, body_to_change
from cpal.faces.neutron.encoded import Encoded, candidates
from cpal.faces.neutron.extensions import extensions_response
from cpal.faces.neutron.fault import ApiFault, bad_request, fault_of, not_allowed, not_found, response_of
from cpal.faces.neutron.limits import check_quota, check_rules_quota
from cpal.faces.neutron.members import MEMBERS
from cpal.faces.neutron.openapi import document
from cpal.faces.neutron.paths import spelled
from cpal.faces.neutron.permission import (
    Judge,
    hidden_of,
    may_see,
    refuse_change,
    refuse_making,
    refuse_other_project,
    refuse_removal,
)
from cpal.faces.neutron.policy import Policy
from cpal.faces.neutron.resource import LostMarker, Resource
from cpal.faces.neutron.resources import RESOURCES, TAGGED, placed
from cpal.faces.neutron.revision import check_revision, revised
from cpal.faces.neutron.scene import Scene, owning
from cpal.faces.neutron.service import Kept
from cpal.faces.neutron.singular import MISSING, SINGULAR
from cpal.faces.neutron.values import NAME
from cpal.model.estate import Estate
from cpal.model.quota import DEFAULT_LIMITS
from cpal.model.record import Key, Record
from cpal.model.security import SecurityGroup

VERSION = "v2.0"
SERVICE = "network"
"""The type of this service in the catalogue."""
log = logging.getLogger(__name__)
NOBODY = "None"
"""The id that a change or a removal of a whole collection is of, as Neutron tells it."""
PASSING = (Unreachable, TimedOut, Busy)
"""Errors that all requests have for as long as something is away, and that none of them explains."""
BRIEF = ("id", "name")
"""What a page can be cut by without showing what is not on it."""
WITH_STATUS = ("port", "floatingip", "trunk")
"""Resources that show what the targets say of ports."""
OF_PORTS = ("floatingip", "trunk")
"""Those of ports that may have a status before."""
SILENCE_S = 2.0
"""How long a target that did not answer is not asked again for the status of ports."""


class Networking:
    """The Networking service on one engine."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        tokens: Tokens,
        policy: Policy,
        limits: Mapping[str, int] = DEFAULT_LIMITS,
    ) -> None:
        self.engine = engine
        self.writer = writer
        self.tokens = tokens
        self.policy = policy
        self.limits = limits
        self._silent_until = 0.0
        self._encoded: dict[str, Encoded] = {}

    async def handle(self, request: Request) -> Response:
        """The answer to a request."""
        try:
            return await self._answer(request)
        except ApiFault as fault:
            return response_of(fault)
        except CpalError as error:
            told = fault_of(error)
            if told.status >= 500 and not isinstance(error, PASSING):
                log.warning("%s: %s %s: %s", request.id, request.method, request.path, error,
                            extra={ABOUT: {"request_id": request.id}})  # fmt: skip
            return response_of(told, self.tokens.url)

    async def _answer(self, request: Request) -> Response:
        words = [word for word in request.path.split("/") if word]
        if not words or words == [VERSION]:
            return _versions(request, whole=not words)
        if words == ["openapi.json"]:
            return json_response(200, document())
        if words[0] != VERSION:
            raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")
        token = request.headers.get("x-auth-token", "")
        if not token:
            raise Unauthenticated(UNAUTHENTICATED)
        service_token = request.headers.get("x-service-token", "")
        context = await self.tokens.context(token, service_token)
        rules = context.access_rules
        if rules is not None and not context.is_of_service and not allow(rules, SERVICE, request.method, request.path):
            raise Unauthenticated("the token's application credential has no access rule for this request",
                                  remedy="use another credential, or add a rule for it")  # fmt: skip
        return await self._route(request, words[1:], context)

    async def _route(self, request: Request, words: list[str], context: Context) -> Response:
        words = [word.removesuffix(".json") for word in words]
        if words[0] == "extensions":
            return extensions_response(request.method, words[1:])
        if len(words) > 2 and words[0] in TAGGED and words[2] == "tags":
            return await self._at(request, TAGGED[words[0]], words[1:], context)
        for length in (2, 1):
            path, rest = spelled("/".join(words[:length])), words[length:]
            if path in SINGULAR:
                return await SINGULAR[path](self, request, rest, context)
            if path in RESOURCES:
                return await self._at(request, *placed(RESOURCES[path], rest), context)
        raise MISSING

    async def _at(self, request: Request, resource: Resource, rest: list[str], context: Context) -> Response:
        """The answer of a resource; `rest` is what follows its path."""
        method = request.method
        if not rest and not resource.single and method in ("PUT", "DELETE"):
            raise not_found(resource.noun, NOBODY)
        if not rest and not resource.single:
            if method in ("GET", "HEAD"):
                return await self._list(request, resource, context)
            if method == "POST":
                return await self._create(request, resource, context)
        elif len(rest) == 1:
            if method in ("GET", "HEAD"):
                return await self._show(request, resource, rest[0], context)
            if method == "PUT":
                return await self._update(request, resource, rest[0], context)
            if method == "DELETE":
                return await self._delete(request, resource, rest[0], context)
        elif len(rest) > 1 and not resource.parent:
            member = MEMBERS.get((resource.collection, rest[1])) or MEMBERS.get(("", rest[1]))
            if member is not None:
                return await member(self, request, resource, rest[0], rest[1:], context)
        if len(rest) > 1:
            raise MISSING
        raise not_allowed()

    # Reading

    async def scene(self, context: Context, ports: bool = False) -> Scene:
        """What the request sees now; with the status of ports where it shows any."""
        await self._follow()
        statuses = await self._statuses() if ports else {}
        return Scene(self.engine.estate, context, self.policy, self.writer.ages, statuses, self.limits)

    async def _follow(self) -> None:
        """Take in what other processes wrote."""
        self.writer.follow()

    async def _statuses(self) -> Mapping[str, Any]:
        if time.monotonic() < self._silent_until:
            return {}
        try:
            return await self.engine.status.statuses()
        except CpalError as error:
            log.warning("the status of ports is not known: %s", error)
            self._silent_until = time.monotonic() + SILENCE_S
            return {}

    async def hosts(self) -> Mapping[str, HostStatus]:
        """The hypervisors that have registered, by name."""
        return await self.engine.status.hosts()

    async def _list(self, request: Request, resource: Resource, context: Context) -> Response:
        asked = lists.parsed(request.query, resource.attributes, resource.filters)
        if resource.collection == "security-groups":
            await self._with_default_group(context, asked.filters)
        scene = await self.scene(context, resource.name in WITH_STATUS)
        page, items = self._page(scene, resource, asked)
        key = resource.collection.replace("-", "_")
        url = f"{request.origin}/{VERSION}/{resource.path}"
        return json_response(200, lists.listed(key, items, url, request.query, page, asked))

    def _page(self, scene: Scene, resource: Resource, asked: lists.Listing) -> tuple[list[lists.Shown], list[Any]]:
        """The page asked for, and what is shown of what is on it."""
        self._whole(scene, resource)
        judge = Judge(scene, resource)
        records, left = candidates(scene.estate, resource, asked.filters)
        if asked.is_plain:
            encoded = self._encoded.setdefault(resource.collection, Encoded(resource))
            return [], encoded.bodies(scene, records, judge)
        seen = {record.id: record for record in records if judge.hidden(record) is not None}
        ids_alone = asked.fields == ("id",)
        brief = (asked.limit or ids_alone) and not left and all(key in BRIEF for key, _ in asked.sort)
        if brief:
            found = [{key: getattr(record, key, None) for key in BRIEF} for record in seen.values()]
        else:
            matches = lists.matching(asked._replace(filters=dict(left)), dict(resource.filters))
            found = [shown for record in seen.values() if matches(shown := resource.show(scene, record))]
        if asked.marker and all(shown["id"] != asked.marker for shown in found):
            marker = self._marker(scene, resource, asked.marker)
            found += [resource.show(scene, marker)] if marker else []
            asked = asked if marker or resource.lost_marker is LostMarker.EMPTY else asked._replace(marker="")
        page = lists.page(lists.arranged(found, asked), asked)
        on_it = [seen[shown["id"]] for shown in page]
        whole = [resource.show(scene, record) for record in on_it] if brief and not ids_alone else page
        hidden = [judge.hidden(record) or () for record in on_it]
        return page, [lists.picked(shown, asked.fields, hides) for shown, hides in zip(whole, hidden, strict=True)]

    def _marker(self, scene: Scene, resource: Resource, id: str) -> Any:
        """The record behind which a page is to begin, which need not pass the filters; None where there is none.

        Raises:
            ApiFault: there is none, and the resource is one that refuses that.
        """
        try:
            return self.found(scene, resource, id)
        except ApiFault:
            if resource.lost_marker is LostMarker.MISSING:
                raise
            return None

    async def _with_default_group(self, context: Context, filters: Mapping[str, list[str]]) -> None:
        """Make the default security group of the project that is asked about, which a first look would not show else.

        That is the project of who asks; who sees all may ask about another.
        """
        scene = await self.scene(context)
        named = filters.get("project_id") or filters.get("tenant_id") or []
        project_id = named[0] if len(named) == 1 and scene.sees_all else context.project_id
        if len(project_id) <= NAME and any(owning(scene, project_id)):
            await self.write(context, lambda scene: (list(owning(scene, project_id)), ()), "default security group")

    async def _show(self, request: Request, resource: Resource, id: str, context: Context) -> Response:
        read = [pair for pair in request.query if pair[0] == "fields" or resource.name in CORE]  # others are not
        asked = lists.parsed(read, resource.attributes, resource.filters)  # of which only fields matter
        scene = await self.scene(context, resource.name in WITH_STATUS)
        shown = resource.show(scene, self.found(scene, resource, id))
        hidden = hidden_of(scene, resource, shown)
        return json_response(200, {resource.name: lists.picked(shown, asked.fields, hidden)})

    def found(self, scene: Scene, resource: Resource, id: str) -> Any:
        """The record of a resource, if who asks may see it.

        Raises:
            ApiFault: there is none, or not for who asks.
        """
        self._whole(scene, resource)
        record = resource.get(scene.estate, id)
        if record is None or not may_see(scene, resource, record):
            raise not_found(resource.noun, resource.named(id))
        return record

    def _whole(self, scene: Scene, resource: Resource) -> Any:
        """What the parts of a request are part of, if who asks may see it; None where they are parts of nothing."""
        return self.found(scene, resource.parent, resource.parent_id) if resource.parent else None

    # Writing

    async def write(
        self,
        context: Context,
        decide: Callable[[Scene], Kept],
        words: str,
        draws_vni: bool = False,
    ) -> Scene:
        """The scene right after a write: `decide` gives the records to keep and the keys of those that go."""

        def decided(estate: Estate, ages: Ages, vnis: Collection[int]) -> Proposal:
            kept, gone = decide(Scene(estate, context, self.policy, ages, {}, self.limits))
            return revised(propose_records(kept, gone, estate, vnis, keep_idle=True), estate)

        actor = context.user_name or context.user_id
        estate, ages = await self.writer.write(decided, actor, words, draws_vni)
        return Scene(estate, context, self.policy, AgesAfter(ages, self.writer.ages), {}, self.limits)

    async def _create(self, request: Request, resource: Resource, context: Context) -> Response:
        bodies, bulk = bodies_to_make(request, resource)
        for body in bodies:
            refuse_other_project(self.policy, context, body)
        given = [posted(resource.name, resource.attributes, body) for body in bodies]
        for values in given:
            if values.get("project_id", UNSET) is UNSET:
                values["project_id"] = context.project_id
        ids = [drawn_id() for _ in given]
        if bulk:
            resource.together(given)

        def decide(scene: Scene) -> Kept:
            kept: dict[Key, Record] = {}
            seen = scene
            whole = _made_in(scene, resource)
            for values, body, id in zip(given, bodies, ids, strict=True):
                if whole is not None:
                    values |= {resource.part.field: whole.id, "project_id": whole.project_id}
                refuse_making(seen, resource, values, body)
                if not values["project_id"] and "project_id" in resource.attributes:
                    raise bad_request("The token is for no project: say project_id.")
                self._whole(seen, resource)
                made = {record.key: record for record in resource.make(seen, id, values)}
                kept |= made
                seen = seen.having(made.values()) if resource.in_turn and len(ids) > 1 else scene
            check_quota(scene, resource, [values["project_id"] for values in given])
            if resource.kind is SecurityGroup:
                check_rules_quota(scene, kept.values())
            return list(kept.values()), ()

        scene = await self.write(context, decide, f"POST {resource.collection}", resource.draws_vni)
        if resource.name in OF_PORTS:
            scene = scene._replace(statuses=await self._statuses())
        made = [self._answer_to(scene, resource, id) for id in ids]
        key = resource.collection.replace("-", "_")
        return json_response(201, {key: made} if bulk else {resource.name: made[0]})

    def _answer_to(self, scene: Scene, resource: Resource, id: str) -> dict[str, Any]:
        """What is shown of one to who made or changed it."""
        shown = (resource.answer or resource.show)(scene, resource.get(scene.estate, id))
        return lists.picked(shown, (), hidden_of(scene, resource, shown))

    async def _update(self, request: Request, resource: Resource, id: str, context: Context) -> Response:
        body = body_to_change(request, resource)
        refuse_other_project(self.policy, context, body)
        values = put(resource.name, resource.attributes, body)

        def decide(scene: Scene) -> Kept:
            record = self.found(scene, resource, id)
            refuse_change(scene, resource, record, values)
            check_revision(scene, request, record)
            gone = [each.key for each in resource.left(scene, record, values)]
            return list(resource.change(scene, record, values)), gone

        scene = await self.write(context, decide, f"PUT {resource.collection}/{id}")
        if resource.name in WITH_STATUS:
            scene = scene._replace(statuses=await self._statuses())
        return json_response(200, {resource.name: self._answer_to(scene, resource, id)})

    async def _delete(self, request: Request, resource: Resource, id: str, context: Context) -> Response:
        def decide(scene: Scene) -> Kept:
            record = self.found(scene, resource, id)
            refuse_removal(scene, resource, record)
            check_revision(scene, request, record)
            if request.body:
                raise bad_request("Request body is not supported in DELETE.")
            dropped = resource.drop(scene, record)
            return dropped.changed, [each.key for each in dropped.gone]

        await self.write(context, decide, f"DELETE {resource.collection}/{id}")
        return Response(204)


def _made_in(scene: Scene, resource: Resource) -> Any:
    """What new parts will be part of, whoever may see it: who may not make any hears that, as with other resources."""
    if resource.parent is None:
        return None
    whole = resource.parent.get(scene.estate, resource.parent_id)
    if whole is None:
        raise not_found(resource.parent.noun, resource.parent_id)
    return whole


def _versions(request: Request, whole: bool) -> Response:
    """The versions there are, or of the one version its resources."""
    link = {"rel": "self", "href": f"{request.origin}/{VERSION}/"}
    if whole:
        return json_response(200, {"versions": [{"id": VERSION, "status": "CURRENT", "links": [link]}]})
    paths = {resource.path: resource.name for resource in RESOURCES.values() if not resource.single}
    shown = [
        {"name": name, "collection": path.rpartition("/")[2].replace("-", "_"),
         "links": [{"rel": "self", "href": f"{request.origin}/{VERSION}/{path}"}]}
        for path, name in sorted({**paths, "extensions": "extension", "quotas": "quota"}.items())
    ]  # fmt: skip
    return json_response(200, {"resources": shown})
