"""`cpal serve` as a process of its own, with OVN's databases behind it, and callers that speak plain HTTP with it.

    with cloud(tmp_path) as site:
        red = site.member("red")
        red.post("networks", name="web")

Nothing here knows how the server is made: it is started by its command line, asked over a socket, and looked at by
`cpal plan` and OVN's own tools.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.integration.ovn.central import Central, central
from tests.source import ROOT
from tests.support.warm import program, worker

TIMEOUT_S = 60.0
IDLE_S = 2.0
"""How long a connection may be idle and be used again: the server closes one after five seconds."""
PHYSICAL_NETWORK = "physnet1"
VLANS = "100-3000"
"""Those that it may choose from there."""


def free_ports(number: int) -> list[int]:
    """Ports of the loopback address on which nothing listens."""
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    found = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return found


@dataclass(frozen=True)
class Answer:
    """What a server answered: the status, the headers by lower-case name, the body decoded if it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str

    @property
    def fault(self) -> str:
        """The type of the fault that it tells."""
        return str(self.body["NeutronError"]["type"])


class Caller:
    """One who calls the Networking API with a token, over a connection of its own. Not for several threads.

    `opened` gets each connection, for who is to close it.
    """

    def __init__(self, url: str, token: str, opened: list[http.client.HTTPConnection], project_id: str = "") -> None:
        self.url = url
        self.token = token
        self.project_id = project_id
        self._opened = opened
        self._connection: http.client.HTTPConnection | None = None
        self._used_at = 0.0

    def again(self) -> Caller:
        """The same caller over another connection, for another thread."""
        return Caller(self.url, self.token, self._opened, self.project_id)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """What the server answers to a request; `raw` is a body that is no JSON."""
        sent = {**({"X-Auth-Token": self.token} if self.token else {}), **(headers or {})}
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        if self._connection is not None and (time.monotonic() - self._used_at > IDLE_S or _ended(self._connection)):
            self._connection.close()
            self._connection = None
        if self._connection is None:
            where = urlsplit(self.url)
            assert where.hostname is not None
            self._connection = http.client.HTTPConnection(where.hostname, where.port, timeout=TIMEOUT_S)
            self._opened.append(self._connection)
        try:
            self._connection.request(method, path, data, sent)
            answer = _answer(self._connection.getresponse())
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            raise
        self._used_at = time.monotonic()
        return answer

    def get(self, path: str, *pairs: tuple[str, str]) -> Any:
        """The body of something read, which must be there."""
        answer = self.call("GET", f"/v2.0/{path}" + (f"?{urlencode(pairs)}" if pairs else ""))
        assert answer.status == 200, answer
        return answer.body

    def list(self, collection: str, *pairs: tuple[str, str]) -> list[dict[str, Any]]:
        """The members of a collection."""
        found: list[dict[str, Any]] = self.get(collection, *pairs)[collection.rpartition("/")[2].replace("-", "_")]
        return found

    def post(self, collection: str, **values: Any) -> dict[str, Any]:
        """The resource made with these attributes."""
        name = singular(collection)
        answer = self.call("POST", f"/v2.0/{collection}", {name: values})
        assert answer.status == 201, answer
        made: dict[str, Any] = answer.body[name]
        return made

    def put(self, path: str, body: Any) -> Any:
        """The body of the answer to a change, which must be possible."""
        answer = self.call("PUT", f"/v2.0/{path}", body)
        assert answer.status in (200, 201), answer
        return answer.body

    def delete(self, path: str) -> None:
        """Delete something, which must be possible."""
        answer = self.call("DELETE", f"/v2.0/{path}")
        assert answer.status == 204, answer


def _ended(connection: http.client.HTTPConnection) -> bool:
    """Whether the other side has closed a connection, as a server does that was ended."""
    return connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])


def singular(collection: str) -> str:
    """The name of a member of a collection, as bodies have it."""
    name = collection.rpartition("/")[2].replace("-", "_")
    return name.removesuffix("ies") + "y" if name.endswith("ies") else name.removesuffix("s")


def _answer(response: http.client.HTTPResponse) -> Answer:
    data = response.read()
    headers = {name.lower(): value for name, value in response.getheaders()}
    text = data.decode()
    body = json.loads(text) if text and headers.get("content-type", "").startswith("application/json") else None
    return Answer(response.status, headers, body, text)


@dataclass
class Server:
    """`cpal serve` on a store. `options` are more words for it; with `keystone`, the tokens are that Keystone's.

    The warm program serves; where time and memory are measured, one that starts as users start it: `cold`.
    """

    home: Path
    log: Path
    options: tuple[str, ...] = ()
    ports: list[int] = field(default_factory=lambda: free_ports(2))
    process: subprocess.Popen[bytes] | None = None
    keystone: str = ""
    store: str = ""
    """The address of the database that the store is in, where that is no file in `home`."""
    cold: bool = False

    @property
    def url(self) -> str:
        """Where the Networking API is."""
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def auth_url(self) -> str:
        """Where the identity service is."""
        return self.keystone or f"http://127.0.0.1:{self.ports[1]}/v3"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to work on the same store."""
        own = {"CPAL_HOME": str(self.home), "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        return {**os.environ, **own, **({"CPAL_STORE": self.store} if self.store else {})}

    def start(self) -> None:
        """Start it, and return when it says that it is ready.

        Raises:
            AssertionError: it is not in time, with what it said.
        """
        identity = f"--keystone={self.keystone}" if self.keystone else f"--identity=127.0.0.1:{self.ports[1]}"
        words = ["serve", f"--networking=127.0.0.1:{self.ports[0]}", identity]
        command = str(Path(sys.executable).with_name("cpal")) if self.cold else program("cpal")
        with self.log.open("ab") as log:
            seen = log.tell()
            self.process = subprocess.Popen(
                [command, *words, *self.options],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + TIMEOUT_S
        while b"networking at" not in self.log.read_bytes()[seen:]:
            said = self.log.read_text()
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{said}"
            assert time.monotonic() < deadline, f"the server is not ready:\n{said}"
            time.sleep(0.01)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; its exit code."""
        if self.process is None:
            return 0
        os.kill(worker(self.process.pid), number)
        code = self.process.wait(TIMEOUT_S)
        self.process = None
        return code

    def memory_kib(self) -> int:
        """How much memory it holds now."""
        assert self.process is not None
        status = Path(f"/proc/{worker(self.process.pid)}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


class Cloud:
    """A server on a store whose target is OVN's central part, with two hypervisors known."""

    def __init__(self, server: Server, place: Central) -> None:
        self.server = server
        self.place = place
        self._admin: Caller | None = None
        self._opened: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close what callers opened, and end the server."""
        for connection in self._opened:
            connection.close()
        self.server.stop()

    # Callers

    @property
    def administrator(self) -> Caller:
        """The administrator of the first start."""
        if self._admin is None:
            found = self.openrc()
            self._admin = self.signed_in(found["OS_USERNAME"], found["OS_PASSWORD"], found["OS_PROJECT_NAME"])
        return self._admin.again()

    def openrc(self) -> dict[str, str]:
        """The environment that `cpal openrc` prints."""
        lines = self.cpal("openrc").stdout.splitlines()
        return dict(shlex.split(line.removeprefix("export "))[0].split("=", 1) for line in lines)

    def signed_in(self, user: str, password: str, project: str) -> Caller:
        """A user with a token for a project."""
        whose = {"name": user, "password": password, "domain": {"id": "default"}}
        scope = {"project": {"name": project, "domain": {"id": "default"}}}
        auth = {"identity": {"methods": ["password"], "password": {"user": whose}}, "scope": scope}
        answer = self._identity("").call("POST", "/v3/auth/tokens", {"auth": auth})
        assert answer.status == 201, answer
        id = answer.body["token"]["project"]["id"]
        return Caller(self.server.url, answer.headers["x-subject-token"], self._opened, id)

    def with_role(self, project: str, role: str) -> Caller:
        """A user with a role in a project, both made where they are not there."""
        admin = self._identity(self.administrator.token)
        project_id = _made(admin, "project", {"name": project, "domain_id": "default"})
        user, password = f"{role}-of-{project}", "secret"
        user_id = _made(admin, "user", {"name": user, "password": password, "domain_id": "default"})
        role_id = admin.call("GET", f"/v3/roles?name={role}").body["roles"][0]["id"]
        granted = admin.call("PUT", f"/v3/projects/{project_id}/users/{user_id}/roles/{role_id}")
        assert granted.status == 204, granted
        return self.signed_in(user, password, project)

    def member(self, project: str) -> Caller:
        """A member of a project."""
        return self.with_role(project, "member")

    def identity(self) -> Caller:
        """The administrator, at the identity service."""
        return self._identity(self.administrator.token)

    def _identity(self, token: str) -> Caller:
        return Caller(self.server.auth_url.removesuffix("/v3"), token, self._opened)

    # Looking

    def cpal(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """What another process of cpal says, working on the same store; it must end with that code."""
        done = subprocess.run(
            [program("cpal"), *words],
            env=self.server.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert code in (None, done.returncode), f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def ops(self) -> list[Any]:
        """What a plan of another process would do at the target: nothing, where the server did all of it."""
        found: list[Any] = json.loads(self.cpal("plan", "--format", "json").stdout)["ops"]
        return found

    def nbctl(self, words: str) -> str:
        """What ovn-nbctl prints."""
        return self.place.site.nbctl(words)

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """The rows of a table of the Northbound database."""
        shown = f"--columns={','.join(columns)} " if columns else ""
        found = json.loads(self.nbctl(f"--format=json {shown}list {table}"))
        return [dict(zip(found["headings"], row, strict=True)) for row in found["data"]]


def _made(admin: Caller, kind: str, values: dict[str, Any]) -> str:
    found = admin.call("GET", f"/v3/{kind}s?name={values['name']}").body[f"{kind}s"]
    if not found:
        answer = admin.call("POST", f"/v3/{kind}s", {kind: values})
        assert answer.status == 201, answer
        found = [answer.body[kind]]
    return str(found[0]["id"])


def document(place: Central) -> str:
    """What declares the central part as a target with two hypervisors."""
    north, south = place.site.server.endpoint, place.southbound.endpoint
    hosts = "\n".join(f"  {name}: {{target: site, physical_networks: [{PHYSICAL_NETWORK}]}}" for name in ("hv1", "hv2"))
    return (
        f"project: site\nstack: site\ntargets:\n  site:\n    driver: ovn\n    endpoints:\n      northbound: {north}\n"
        f"      southbound: {south}\n    vlan_ranges: {{{PHYSICAL_NETWORK}: {VLANS}}}\nhosts:\n{hosts}\n"
    )


@contextmanager
def cloud(directory: Path, *options: str, keystone: str = "", store: str = "", cold: bool = False) -> Iterator[Cloud]:
    """A cloud, running, its store at an address or in a file; gone afterwards. Skips where OVN is not installed."""
    with central(directory / "central") as place:
        server = Server(directory / "home", directory / "serve.log", options, keystone=keystone, store=store, cold=cold)
        found = Cloud(server, place)
        written = directory / "site.yaml"
        written.write_text(document(place), encoding="utf-8")
        found.cpal("apply", str(written), "--yes")
        server.start()
        try:
            yield found
        finally:
            found.close()
