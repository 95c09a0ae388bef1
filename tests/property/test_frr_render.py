"""FRR's rendering keeps the rules of every driver."""

from __future__ import annotations

from cpal.drivers.devices.frr.make import RULES
from tests.conformance.rules import RulesConformance


class TestFrrRules(RulesConformance):
    """What leaves that run FRR should hold."""

    rules = RULES
