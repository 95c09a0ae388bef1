"""Which versions of the API there are.

Source: https://docs.openstack.org/api-ref/identity/v3/#api-versions
"""

from __future__ import annotations

from typing import Any

from cpal.faces.http.message import JSON, Response, json_response
from cpal.faces.identity.answering import VARY, answer
from cpal.faces.identity.realm import Call, Realm

UPDATED = "2020-04-07T00:00:00Z"


async def list_versions(realm: Realm, call: Call) -> Response:
    """Say which versions there are: one."""
    content = {"versions": {"values": [version(call)]}}
    return json_response(300, content, ("Location", f"{call.base}/"), VARY)


async def show_version(realm: Realm, call: Call) -> Response:
    """Describe the one version."""
    return answer({"version": version(call)})


def version(call: Call) -> dict[str, Any]:
    """The version of the API that this is."""
    media = {"base": JSON[1], "type": "application/vnd.openstack.identity-v3+json"}
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": UPDATED,
        "links": [{"rel": "self", "href": f"{call.base}/"}],
        "media-types": [media],
    }
