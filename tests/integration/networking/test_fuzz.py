"""Generated requests of every operation of the OpenAPI document; `make suites` sends many more of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud import Cloud, cloud
from tests.support.fuzz import Fuzz

REQUESTS, SEED = 600, 20240607


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud that others do not stand on."""
    with cloud(Path(tmp_path_factory.mktemp("fuzz"))) as found:
        yield found


def test_generated_requests_get_answers_and_leave_the_target_right(site: Cloud) -> None:
    fuzz = Fuzz(site, SEED)
    fuzz.run(REQUESTS)
    statuses = {status for _, status in fuzz.statuses}
    assert {200, 201, 400, 404} <= statuses, "what is generated comes to nothing"
    assert "Traceback" not in site.server.log.read_text()
    assert site.ops() == []
