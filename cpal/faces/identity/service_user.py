"""The user as whom cpal asks other services of a cloud: its credentials, which no argument and no log ever holds.

Source: https://docs.openstack.org/keystoneauth/latest/authentication-plugins.html
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cpal.errors import Denied, Disk, Invalid
from cpal.model.record import Part

OTHERS_READ = 0o077
"""The permissions of a file that let others than its owner have a part of it."""
REMEDY = (
    "set OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME, or OS_APPLICATION_CREDENTIAL_ID and"
    " OS_APPLICATION_CREDENTIAL_SECRET, in the environment or in the file that --credentials names"
)


class ServiceUser(Part, frozen=True):
    """How a service user signs in: `auth` is the body of the request for a token.

    `region` is the region whose endpoints it uses, "" for any; `authority` a file of certificates to trust, "" for the
    machine's own.
    """

    auth: dict[str, Any]
    region: str = ""
    authority: str = ""

    def __repr__(self) -> str:
        return "ServiceUser(...)"


def read(path: Path) -> dict[str, str]:
    """The variables that a file sets, a line each, as `NAME=value` or `export NAME=value`.

    Raises:
        Denied: others than its owner may read it.
        Disk: it cannot be read.
        Invalid: a line is none of these.
    """
    try:
        if path.stat().st_mode & OTHERS_READ:
            raise Denied("others may read these credentials", key=str(path), remedy=f"run: chmod 600 {path}")
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Disk(f"the credentials cannot be read: {error}", key=str(path), remedy="mend permissions") from error
    return dict(
        _variable(path, number, line) for number, line in enumerate(lines, 1) if line.strip(" #") and line[:1] != "#"
    )


def _variable(path: Path, number: int, line: str) -> tuple[str, str]:
    try:
        [word] = shlex.split(line.removeprefix("export "))
    except ValueError:
        word = ""
    name, equals, value = word.partition("=")
    if not equals:
        raise Invalid("not a variable", key=f"{path}:{number}", remedy="write NAME=value")
    return name, value


def service_user(variables: Mapping[str, str]) -> ServiceUser:
    """The service user that OpenStack's usual variables name.

    Raises:
        Invalid: they name none.
    """

    def value(name: str) -> str:
        return variables.get(f"OS_{name}", "")

    if value("APPLICATION_CREDENTIAL_ID"):
        credential = {"id": value("APPLICATION_CREDENTIAL_ID"), "secret": value("APPLICATION_CREDENTIAL_SECRET")}
        auth = _auth("application_credential", credential)
    elif value("USERNAME") and value("PASSWORD") and value("PROJECT_NAME"):
        user = {"name": value("USERNAME"), "domain": _domain(variables, "USER"), "password": value("PASSWORD")}
        project = {"name": value("PROJECT_NAME"), "domain": _domain(variables, "PROJECT")}
        auth = {**_auth("password", {"user": user}), "scope": {"project": project}}
    else:
        raise Invalid("there are no credentials of a service user", remedy=REMEDY)
    return ServiceUser({"auth": auth}, value("REGION_NAME"), value("CACERT"))


def _auth(method: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"identity": {"methods": [method], method: content}}


def _domain(variables: Mapping[str, str], whose: str) -> dict[str, str]:
    """The domain of the user or the project: the default one where nothing is said."""
    name = variables.get(f"OS_{whose}_DOMAIN_NAME", "")
    return {"name": name} if name else {"id": variables.get(f"OS_{whose}_DOMAIN_ID") or "default"}
