"""The pure half of a driver: properties of its rendering over random estates and random changes."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpal.core.diff import check_rows, diff
from cpal.core.driver import Rules
from cpal.core.view import Rendering
from cpal.model.estate import EMPTY, Estate
from tests.conformance.wanted import contents, wanted
from tests.support.estates import estate_changes, valid_estates

DRAWN = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.differing_executors,
    ],
)
"""One method runs for each driver: that the executors differ is meant."""


class RulesConformance:
    """Inherit and set `rules`."""

    rules: Rules

    def estates(self) -> st.SearchStrategy[Estate]:
        """Valid estates whose hosts are of a target of this driver."""
        return valid_estates(driver=self.rules.name)

    @DRAWN
    @given(data=st.data())
    def test_incremental_rendering_equals_rendering_from_nothing(self, data: st.DataObject) -> None:
        rendering = Rendering(self.rules.render, self.rules.singletons)
        estate = EMPTY
        for _ in range(data.draw(st.integers(1, 4))):
            changes = (
                EMPTY.changes_to(data.draw(self.estates())) if estate is EMPTY else data.draw(estate_changes(estate))
            )
            after = estate.replace(changes)
            rendering.accept(rendering.propose(after, changes))
            estate = after
            assert rendering.rows == wanted(self.rules, estate)

    @DRAWN
    @given(data=st.data())
    def test_rows_are_declared_and_explained_and_a_second_plan_is_empty(self, data: st.DataObject) -> None:
        estate = data.draw(self.estates())
        rows = wanted(self.rules, estate)
        check_rows(list(rows.values()), rows, self.rules.tables)
        known = {record.key for record in estate.records()} | set(self.rules.singletons)
        assert [row for row in rows.values() if not set(row.because) <= known] == []
        assert diff(wanted(self.rules, estate), rows, self.rules.tables) == []

    @DRAWN
    @given(data=st.data())
    def test_there_and_back_restores_and_all_goes_with_the_estate(self, data: st.DataObject) -> None:
        before = data.draw(self.estates())
        there = data.draw(estate_changes(before))
        back = before.replace(there).changes_to(before)
        rendering = Rendering(self.rules.render, self.rules.singletons)
        for estate, changes in (
            (before, EMPTY.changes_to(before)),
            (before.replace(there), there),
            (before.replace(there).replace(back), back),
        ):
            rendering.accept(rendering.propose(estate, changes))
        assert contents(rendering.rows) == contents(wanted(self.rules, before))
        rendering.accept(rendering.propose(EMPTY, before.changes_to(EMPTY)))
        assert rendering.rows == {}
