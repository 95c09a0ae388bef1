"""Ask the real Neutron's policy engine every question of `policy.json`, and write its answers there.

    python -m venv other && other/bin/pip install neutron neutron-lib
    other/bin/python tests/golden/neutron/record_policy.py

The callers, targets and requests are read from the file; a target's network, which Neutron would look up, comes from
the target's own `network:` keys.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

from neutron import extensions, policy
from neutron_lib.api import attributes, definitions
from neutron_lib.context import Context
from neutron_lib.policy import _engine
from oslo_config import cfg

GOLDEN = Path(__file__).with_name("policy.json")
UPDATED = "attributes_to_update"

Answers = dict[str, str]
"""Of each target, the letters of the callers who may."""


class Network:
    """The plug-in that knows the network of one target only."""

    def __init__(self, target: dict[str, Any]) -> None:
        self.shared = target.get("network:shared")

    def get_network(self, context: object, id: str, fields: object = None) -> dict[str, Any]:
        """The network."""
        return {"shared": self.shared}


def know_all_attributes() -> None:
    """Register the attributes of every extension, as a server with all of them would."""
    for package in (definitions, extensions):
        for found in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            for resources, named in (getattr(module, "RESOURCE_ATTRIBUTE_MAP", None) or {}).items():
                for name, attribute in named.items():
                    if isinstance(attribute, dict):
                        attributes.RESOURCES.setdefault(resources, {}).setdefault(name, {}).update(attribute)


def caller(fields: dict[str, Any]) -> Context:
    """The caller as Neutron has it."""
    return Context(**{"user_id": "u", "roles": [], **fields})


def asked_by_rule(rule: str, callers: dict[str, Context], targets: dict[str, dict[str, Any]]) -> Answers:
    """Who may, by one rule alone."""
    of_callers = rule in _engine._ROLE_ENFORCER.registered_rules
    engine = _engine._ROLE_ENFORCER if of_callers else policy._ENFORCER
    found = {}
    for name, target in targets.items():
        seen = {"network_id": "n", **target}
        with patch.object(policy.directory, "get_plugin", lambda alias=None, seen=seen: Network(seen)):
            found[name] = "".join(each for each, who in callers.items() if engine.enforce(rule, seen, who))
    return found


def asked_by_request(
    request: dict[str, Any], callers: dict[str, Context], targets: dict[str, dict[str, Any]]
) -> Answers:
    """Who may, by all rules that a request comes to."""
    found = {}
    action, resource = request["action"], request["resource"]
    for name in request["targets"]:
        seen = {"network_id": "n", **targets[name], **request["attributes"]}
        if action == "update":
            seen[UPDATED] = list(request["attributes"])
        with patch.object(policy.directory, "get_plugin", lambda alias=None, seen=seen: Network(seen)):
            found[name] = "".join(
                each
                for each, who in callers.items()
                if policy.check(who, f"{action}_{resource}", seen, pluralized=request["resources"])
            )
    return found


def record() -> None:
    """Write all answers."""
    cfg.CONF([], project="neutron", default_config_files=[], default_config_dirs=[])
    know_all_attributes()
    policy.init()
    _engine.init()
    golden = json.loads(GOLDEN.read_text())
    callers = {letter: caller(each["context"]) for letter, each in golden["callers"].items()}
    rules = sorted(set(policy._ENFORCER.registered_rules) | set(_engine._ROLE_ENFORCER.registered_rules))
    patterns: dict[str, Answers] = {}
    numbers: dict[str, str] = {}
    for rule in [*rules, "no_such_rule"]:
        answers = asked_by_rule(rule, callers, golden["targets"])
        number = next((n for n, seen in patterns.items() if seen == answers), str(len(patterns) + 1))
        patterns[number] = answers
        numbers[rule] = number
    for request in golden["requests"]:
        request["allowed"] = asked_by_request(request, callers, golden["targets"])
    golden["recorded"] = f"neutron {version('neutron')}, neutron-lib {version('neutron-lib')}"
    golden["answers"], golden["rules"] = patterns, numbers
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    record()
