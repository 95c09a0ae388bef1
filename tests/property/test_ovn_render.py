"""OVN's rendering keeps every promise that core asks of a driver."""

from __future__ import annotations

from cpal.drivers.ovn.backend import RULES
from tests.conformance.rules import RulesConformance


class TestOvnRules(RulesConformance):
    """Over random estates and changes."""

    rules = RULES
