"""How the administrator of the first start signs in: a file for its owner alone, and the environment it stands for.

Source: https://docs.openstack.org/python-openstackclient/latest/cli/man/openstack.html#environment-variables
"""

from __future__ import annotations

import shlex
from pathlib import Path

import msgspec

from cpal.errors import Broken, Disk, NotFound
from cpal.faces.identity.kinds import REGION_NAME
from cpal.whole_file import write_private

FILE = "admin-openrc.json"
FIRST = "run `cpal serve` first; of several servers on one store, that which started first keeps them"


def environment(auth_url: str, username: str, password: str, project: str) -> dict[str, str]:
    """The environment in which OpenStack clients act as a user of the default domain."""
    return {
        "OS_AUTH_URL": auth_url,
        "OS_USERNAME": username,
        "OS_PASSWORD": password,
        "OS_PROJECT_NAME": project,
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_REGION_NAME": REGION_NAME,
        "OS_IDENTITY_API_VERSION": "3",
    }


def write(home: Path, variables: dict[str, str]) -> None:
    """Keep an environment in the file, which no other user can read at any moment.

    Raises:
        Disk: it cannot be written.
    """
    content = msgspec.json.format(msgspec.json.encode(variables), indent=2) + b"\n"
    write_private(home / FILE, content, "the administrator's credentials")


def read(home: Path) -> dict[str, str]:
    """The environment kept in the file.

    Raises:
        NotFound: nobody started the identity service here, or the file was removed.
        Broken: it is not what was written.
    """
    path = home / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        raise NotFound("no credentials are kept here", key=str(path), remedy=FIRST) from None
    except msgspec.DecodeError as error:
        raise Broken(f"the credentials cannot be read: {error}", key=str(path), remedy="restore the file") from error
    except OSError as error:
        raise Disk(f"the credentials cannot be read: {error}", key=str(path), remedy="mend permissions") from error


def openrc(home: Path) -> str:
    """The environment as lines for a shell: `export OS_AUTH_URL=...`, quoted.

    Raises:
        NotFound: nobody started the identity service here.
    """
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in read(home).items())
