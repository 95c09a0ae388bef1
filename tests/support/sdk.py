"""openstacksdk as a client of `cpal serve`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import openstack

from tests.support.cloud import Cloud


@contextmanager
def sdk_of(site: Cloud, user: str = "", password: str = "", project: str = "") -> Iterator[Any]:
    """Its connection, signed in as a user for a project; as the administrator where none is named."""
    found = site.openrc()
    with closing(
        openstack.connect(
            load_yaml_config=False, auth_url=site.server.auth_url, username=user or found["OS_USERNAME"],
            password=password or found["OS_PASSWORD"], project_name=project or found["OS_PROJECT_NAME"],
            user_domain_id="default", project_domain_id="default", region_name=found["OS_REGION_NAME"],
        )
    ) as client:  # fmt: skip
        yield client
