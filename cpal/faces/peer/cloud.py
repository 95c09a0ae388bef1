"""The Networking API of a running cloud, read with whole collections at once.

    cloud = connected("mycloud")            clouds.yaml, or without a name OS_* of the environment
    cloud.collection("/ports", "ports")     all of them, page by page
    read_all(cloud)                         every collection, several at a time

Source: Networking API v2.0, Pagination; openstacksdk, Configuring OpenStack SDK Applications.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from cpal.errors import CpalError, Forbidden, Invalid, NotFound, Rejected, Unauthenticated, Unreachable

Item = dict[str, Any]
PAGE = 1000
"""How many of a collection are asked for at once; a server may give fewer."""
AT_ONCE = 6
"""How many requests are under way."""
Fetch = Callable[[str, Mapping[str, Any]], Any]
"""What a GET of a path with these parameters answers: its status, and its body as JSON."""


class Collection(NamedTuple):
    """A collection: its path below the version, the key of its members, and whether it is given by pages."""

    path: str
    key: str
    paged: bool = True


COLLECTIONS: tuple[Collection, ...] = (
    Collection("/networks", "networks"),
    Collection("/subnets", "subnets"),
    Collection("/ports", "ports"),
    Collection("/routers", "routers"),
    Collection("/floatingips", "floatingips"),
    Collection("/security-groups", "security_groups"),
    Collection("/address-groups", "address_groups"),
    Collection("/address-scopes", "address_scopes"),
    Collection("/subnetpools", "subnetpools"),
    Collection("/rbac-policies", "rbac_policies"),
    Collection("/quotas", "quotas", paged=False),
    Collection("/segments", "segments"),
    Collection("/trunks", "trunks"),
    Collection("/qos/policies", "policies"),
    Collection("/flavors", "flavors"),
    Collection("/log/logs", "logs"),
    Collection("/local_ips", "local_ips"),
    Collection("/ndp_proxies", "ndp_proxies"),
    Collection("/metering/metering-labels", "metering_labels"),
    Collection("/bgp-speakers", "bgp_speakers"),
    Collection("/vpn/vpnservices", "vpnservices"),
    Collection("/default-security-group-rules", "default_security_group_rules"),
)
"""What is read; one that the cloud does not have is empty."""

ABSENT = (404, 501)
"""The statuses of a collection that a cloud does not have."""


class Reading(NamedTuple):
    """All that was read: the members of each collection by its key, the usual quotas, and the projects' names."""

    items: Mapping[str, Sequence[Item]]
    default_limits: Mapping[str, int] = {}
    projects: Mapping[str, str] = {}

    def all(self, key: str) -> Sequence[Item]:
        """The members of a collection."""
        return self.items.get(key, ())


class Endpoints(NamedTuple):
    """The databases of a Neutron, as OVSDB names them, and the directory with key and certificates for `ssl:`."""

    northbound: str = ""
    southbound: str = ""
    credential: str = ""


class Cloud:
    """A cloud: `network` and `identity` fetch from its two services."""

    def __init__(self, network: Fetch, identity: Fetch) -> None:
        self._network = network
        self._identity = identity

    def collection(self, wanted: Collection) -> list[Item]:
        """All members of a collection.

        Raises:
            Forbidden, Rejected, Unreachable: it cannot be read.
        """
        return list(self._members(wanted))

    def forwardings(self, floating: Item) -> list[Item]:
        """The port forwardings of a floating IP, as its own; of one that leads to a port as a whole, none.

        Raises:
            Forbidden, Rejected, Unreachable: they cannot be read.
        """
        if floating["port_id"] or floating.get("port_forwardings") == []:
            return []
        path = f"/floatingips/{floating['id']}/port_forwardings"
        own = {"floatingip_id": floating["id"], "project_id": floating["project_id"]}
        return [each | own for each in self.collection(Collection(path, "port_forwardings"))]

    def _members(self, wanted: Collection) -> Iterator[Item]:
        asked: dict[str, Any] = {"limit": PAGE} if wanted.paged else {}
        while True:
            status, body = self._network(wanted.path, asked)
            if status in ABSENT:
                return
            _check(status, body, wanted.path)
            members = body[wanted.key]
            yield from members
            links = body.get(f"{wanted.key}_links", ())
            if not wanted.paged or not members or not any(link.get("rel") == "next" for link in links):
                return
            asked["marker"] = members[-1]["id"]

    def default_limits(self, project_id: str) -> Mapping[str, int]:
        """The quotas of projects that have none of their own, nothing where the cloud does not say."""
        status, body = self._network(f"/quotas/{project_id}/default", {})
        if status in ABSENT:
            return {}
        _check(status, body, "/quotas")
        return {key: value for key, value in body["quota"].items() if isinstance(value, int)}

    def project_names(self) -> Mapping[str, str]:
        """The name of each project by its id, as far as the identity service tells."""
        try:
            status, body = self._identity("/v3/projects", {})
        except (NotFound, Unreachable):
            return {}
        return {each["id"]: each["name"] for each in body["projects"]} if status == 200 else {}


def _check(status: int, body: Any, path: str) -> None:
    if status == 200:
        return
    if status in (401, 403):
        raise Forbidden("the cloud does not let us read it", key=path, remedy="use an administrator's credentials")
    raise Rejected(f"the cloud answered {status}", key=path, seen=body)


def read_all(cloud: Cloud, report: Callable[[str], None] = lambda _: None) -> Reading:
    """All that the cloud has.

    Raises:
        Forbidden, Rejected, Unreachable: something cannot be read.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        names = pool.submit(cloud.project_names)
        found = {}
        for wanted, members in zip(COLLECTIONS, pool.map(cloud.collection, COLLECTIONS), strict=True):
            found[wanted.key] = members
            report(f"{len(members)} {wanted.key.replace('_', ' ')}")
        found["port_forwardings"] = [
            each for those in pool.map(cloud.forwardings, found["floatingips"]) for each in those
        ]
        report(f"{len(found['port_forwardings'])} port forwardings")
        someone = next((each["project_id"] for each in found["networks"] if each["project_id"]), "")
        limits = cloud.default_limits(someone) if someone else {}
        return Reading(found, limits, names.result())


def connected(name: str | None) -> Cloud:
    """The cloud of that name in clouds.yaml, or of the environment's OS_* variables.

    Raises:
        Invalid: it is not described there.
        Unauthenticated, Unreachable: it does not let us in, or does not answer.
    """
    # lazy: it takes half a second to import, and only these verbs need it
    import openstack

    with _faults("cloud"):
        found = openstack.connect(cloud=name, app_name="cpal")
        network, identity = found.network, found.session

    def from_network(path: str, asked: Mapping[str, Any]) -> Any:
        with _faults(path):
            answer = network.get(path, params=dict(asked))
            return answer.status_code, _json(answer)

    def from_identity(path: str, asked: Mapping[str, Any]) -> Any:
        with _faults(path):
            wanted = {"service_type": "identity", "interface": "public", "version": 3}
            answer = identity.get(path.removeprefix("/v3"), params=asked, endpoint_filter=wanted, raise_exc=False)
            return answer.status_code, _json(answer)

    return Cloud(from_network, from_identity)


def _json(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        return {}


@contextmanager
def _faults(key: str) -> Iterator[None]:
    """The library's errors in our words."""
    # lazy: as in `connected`
    from keystoneauth1 import exceptions as known

    # lazy: as above
    from openstack.exceptions import ConfigException

    kinds: tuple[tuple[type[Exception], type[CpalError], str], ...] = (
        (ConfigException, Invalid, "set OS_AUTH_URL and the rest (an openrc file), or name a cloud of clouds.yaml"),
        (known.MissingRequiredOptions, Invalid, "set OS_AUTH_URL and the rest (an openrc file)"),
        (known.MissingAuthPlugin, Invalid, "set OS_AUTH_URL and the rest (an openrc file)"),
        (known.Unauthorized, Unauthenticated, "see whether the credentials are right"),
        (known.EndpointNotFound, NotFound, "see the service catalogue: openstack catalog list"),
        (known.EmptyCatalog, NotFound, "see the service catalogue: openstack catalog list"),
        (known.ClientException, Unreachable, "see whether the cloud's API runs"),
    )
    try:
        yield
    except (ConfigException, known.ClientException) as error:
        words = str(error).strip().splitlines() or [type(error).__name__]
        ours, remedy = next((ours, remedy) for theirs, ours, remedy in kinds if isinstance(error, theirs))
        raise ours(words[0], key=key, remedy=remedy) from error
