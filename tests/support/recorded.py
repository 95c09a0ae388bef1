"""What a real Neutron said once, for those who have none: its API's answers and its rows in OVN.

    python -m tests.support.recorded        starts the real one, and records it anew

The recording is of neutron 29.0.0 (`FOLDER`) with the topology of `tests.support.topology`, metadata ports and two
hypervisors for gateways, none of which carries a workload. `Recorded` answers with it over HTTP, page by page;
`load` puts the rows into a database, under the same UUIDs.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration.ovn.central import Central

FOLDER = Path(__file__).parents[1] / "golden" / "neutron" / "29.0.0"
MOST = 7
"""How many of a collection are given at once, whatever is asked for: as a server with `pagination_max_limit`."""
UNRECORDED = ("NB_Global", "Connection", "SSL")
VERSIONS = {"versions": [{"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": "{url}/v2.0/"}]}]}


def read(name: str) -> Any:
    """A part of the recording: `api` or `northbound`."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


class Recorded:
    """The recorded API; `answers` (body by path) may be changed before it is asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = read("api")
        self.asked: list[str] = []
        recorded = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # its name is the protocol's method
                recorded.asked.append(self.path)
                status, body = recorded.answer(self.path)
                data = json.dumps(body).replace("{url}", recorded.url).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: `asked` is the log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """How a client finds it, which needs no token here."""
        return {"OS_AUTH_TYPE": "none", "OS_ENDPOINT": self.url}

    def members(self, collection: str) -> list[dict[str, Any]]:
        """The members of a collection, to look at or to change."""
        found: list[dict[str, Any]] = next(iter(self.answers[f"/{collection}"].values()))
        return found

    def member(self, collection: str, name: str) -> dict[str, Any]:
        """The member of that name."""
        return next(each for each in self.members(collection) if each["name"] == name)

    def answer(self, path: str) -> tuple[int, Any]:
        """Status and body of a GET."""
        where = urlsplit(path)
        if where.path.strip("/") in ("", "v2.0"):
            return 200, VERSIONS
        name = where.path.removeprefix("/v2.0")
        if name not in self.answers:
            return 404, {"NeutronError": {"type": "HTTPNotFound", "message": name, "detail": ""}}
        body, asked = self.answers[name], parse_qs(where.query)
        return 200, self._page(name, body, asked) if "limit" in asked else body

    def _page(self, name: str, body: Any, asked: dict[str, list[str]]) -> Any:
        [(key, members)] = body.items()
        ids = [each["id"] for each in members]
        first = ids.index(asked["marker"][0]) + 1 if "marker" in asked else 0
        shown = members[first : first + min(MOST, int(asked["limit"][0]))]
        more = first + len(shown) < len(members)
        links = [{"rel": "next", "href": f"{{url}}/v2.0{name}?marker={shown[-1]['id']}"}] if more else []
        return {key: shown, **({f"{key}_links": links} if links else {})}


@contextmanager
def recorded() -> Iterator[Recorded]:
    """The recorded API, answering."""
    found = Recorded()
    try:
        yield found
    finally:
        found.close()


def load(place: Central) -> None:
    """Put the recorded rows into the Northbound database, and make its hypervisors known."""
    rows = read("northbound")
    ops = [
        {"op": "insert", "table": table, "uuid": uuid, "row": row}
        for table, of in rows.items()
        for uuid, row in of.items()
    ]
    results = place.site.server.transact("OVN_Northbound", *ops)
    assert not any("error" in (result or {}) for result in results), results
    add_hypervisors(place)


def add_hypervisors(place: Central) -> None:
    """Two hypervisors, both for gateways of the physical network."""
    for number, name in enumerate(("hv1", "hv2"), start=1):
        place.add_chassis(name, f"172.31.0.1{number}")
        options = ("ovn-bridge-mappings=physnet1:br-ex", "ovn-cms-options=enable-chassis-as-gw")
        both = [f"{column}:{option}" for option in options for column in ("external_ids", "other_config")]
        place.sbctl("set", "Chassis", name, f"hostname={name}", *both)


def main() -> int:
    """Record the real Neutron."""
    # lazy: only who records needs the peer and its installation
    from bench.peers.neutron.service import Neutron, NeutronCloud, installed

    # lazy: as above
    from tests.integration.ovn.central import central

    # lazy: as above
    from tests.support.topology import make

    with tempfile.TemporaryDirectory() as directory, central(Path(directory, "central")) as place:
        place.wait()
        add_hypervisors(place)
        server = Neutron(
            Path(directory, "neutron"), Path(directory, "neutron.log"), venv=installed(), place=place, metadata=True
        )
        site = NeutronCloud(server, place)
        try:
            server.start()
            make(site)
            answers = _answers(site)
            rows = _rows(place)
        finally:
            site.close()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, found in (("api", answers), ("northbound", rows)):
        (FOLDER / f"{name}.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


def _answers(site: Any) -> dict[str, Any]:
    # lazy: as in `main`
    from cpal.faces.peer.cloud import COLLECTIONS

    caller = site.administrator
    answers = {}
    for wanted in COLLECTIONS:
        answer = caller.call("GET", f"/v2.0{wanted.path}")
        if answer.status == 200:
            answers[wanted.path] = answer.body
    for floating in answers["/floatingips"]["floatingips"]:
        path = f"/floatingips/{floating['id']}/port_forwardings"
        answers[path] = caller.call("GET", f"/v2.0{path}").body
    someone = site.member("red").project_id
    for project in {each["project_id"] for each in answers["/networks"]["networks"]} | {someone}:
        answers[f"/quotas/{project}/default"] = caller.get(f"quotas/{project}/default")
    return answers


def _rows(place: Central) -> dict[str, Any]:
    schema = json.loads(Path("/usr/share/ovn/ovn-nb.ovsschema").read_text(encoding="utf-8"))
    rows = {}
    for table in sorted(schema["tables"].keys() - set(UNRECORDED)):
        [result] = place.site.server.transact("OVN_Northbound", {"op": "select", "table": table, "where": []})
        found = {row.pop("_uuid")[1]: row for row in result["rows"]}
        for row in found.values():
            del row["_version"]
        if found:
            rows[table] = found
    return rows


if __name__ == "__main__":
    sys.exit(main())
