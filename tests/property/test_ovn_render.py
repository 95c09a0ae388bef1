"""OVN's rendering keeps every promise that core asks of a driver."""

from __future__ import annotations

from hypothesis import given

from cpal.core.plan import refuse_unsupported
from cpal.drivers.ovn.backend import RULES
from cpal.model.estate import Estate
from cpal.model.target import Target
from tests.conformance.rules import DRAWN, RulesConformance
from tests.support.estates import valid_estates


class TestOvnRules(RulesConformance):
    """Over random estates and changes."""

    rules = RULES


@DRAWN
@given(estate=valid_estates())
def test_what_is_drawn_can_be_held(estate: Estate) -> None:
    """Else the properties at real daemons would prove nothing of what a person can declare."""
    (target,) = estate.all(Target)
    assert refuse_unsupported(estate.records(), target, RULES, estate) == ()
