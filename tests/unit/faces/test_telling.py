"""Faults as a person is told them: in order, once, and many of one pool as few."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cpal.errors import Fault
from cpal.faces.documents.declaring import declare
from cpal.faces.documents.reading import parse
from cpal.faces.documents.telling import MOST_OF_A_POOL, told
from cpal.model.estate import EMPTY
from tests.support.telling import faults_of_documents
from tests.support.world import NAMESPACE, World

NOTHING = declare(parse({}), EMPTY, NAMESPACE)
PLACES = st.tuples(st.sampled_from(["a.yaml", "b.yaml", "dir/c:d.yaml"]), st.integers(1, 200), st.integers(1, 200))


@given(st.lists(PLACES), st.integers(0, 3))
def test_faults_come_by_file_line_and_column_each_once_and_those_without_a_place_last(
    places: list[tuple[str, int, int]], nowhere: int
) -> None:
    faults = [Fault("is wrong", place=f"{file}:{line}:{column}") for file, line, column in places]
    faults += [Fault("is wrong", key=f"port {number}") for number in range(nowhere)]
    ordered = [f"{file}:{line}:{column}" for file, line, column in sorted(set(places))]
    assert [fault.place for fault in told([*faults, *faults], NOTHING)] == [*ordered, *[""] * nowhere]


def exhausted(instances: int) -> list[str]:
    """What is told of so many instances for which a subnet has no address."""
    lines = "".join(f"  i{number:03}: {{network: web}}\n" for number in range(instances + 1))
    text = f"networks: {{web: {{cidr: 10.0.1.0/30}}}}\ninstances:\n{lines}"
    return [str(fault) for fault in faults_of_documents({"a.yaml": text}, World("hv1").estate())]


def test_each_that_a_pool_has_nothing_for_is_told_where_it_is() -> None:
    for number in (1, MOST_OF_A_POOL, MOST_OF_A_POOL + 1):
        said = exhausted(number)
        assert [line.partition(" ")[0] for line in said] == [f"a.yaml:{4 + at}:9:" for at in range(number)]
        assert all('subnet "web" (10.0.1.0/30) has no free address' in line for line in said)


def test_of_hundreds_that_a_pool_has_nothing_for_the_first_are_told_and_the_others_counted() -> None:
    said = exhausted(MOST_OF_A_POOL + 244)
    assert len(said) == MOST_OF_A_POOL + 1
    assert re.match(r'a\.yaml:14:9: port "i011" and 243 more: subnet "web" .* has no free address .*; widen', said[-1])


def test_pools_are_counted_apart() -> None:
    names = [f"{network}{number:02}" for network in ("web", "app") for number in range(MOST_OF_A_POOL + 9)]
    lines = "".join(f"  {name}: {{network: {name[:3]}}}\n" for name in names)
    text = f"networks: {{web: {{cidr: 10.0.1.0/30}}, app: {{cidr: 10.0.2.0/30}}}}\ninstances:\n{lines}"
    said = faults_of_documents({"a.yaml": text}, World("hv1").estate())
    assert [fault.key for fault in said if "more" in fault.key] == [
        'port "web11" and 7 more',
        'port "app11" and 7 more',
    ]
    assert len(said) == 2 * (MOST_OF_A_POOL + 1)
