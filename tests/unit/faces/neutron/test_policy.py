"""Who may do what through the Networking API, against the recorded answers of the real Neutron's policy engine."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.errors import Forbidden, Invalid
from cpal.faces.identity.context import Context
from cpal.faces.neutron import policy_answers
from cpal.faces.neutron.policy import Policy
from cpal.faces.neutron.policy_answers import Ruleset
from cpal.faces.neutron.policy_rules import RULES
from tests.source import ROOT

GOLDEN: dict[str, Any] = json.loads((ROOT / "tests/golden/neutron/policy.json").read_text(encoding="utf-8"))
TARGETS: dict[str, dict[str, Any]] = GOLDEN["targets"]


def caller(fields: Mapping[str, Any]) -> Context:
    """The context of a recorded caller."""
    roles = {key: tuple(fields.get(key, ())) for key in ("roles", "service_roles")}
    return Context(**{"user_id": "u", **fields, **roles})


CALLERS = {letter: caller(each["context"]) for letter, each in GOLDEN["callers"].items()}
OF_PROJECTS = {letter: each for letter, each in CALLERS.items() if each.project_id}
DOMAIN_ADMIN, SYSTEM_ADMIN, SYSTEM_READER = CALLERS["E"], CALLERS["Z"], CALLERS["Y"]
ADMIN, ADMIN_ELSEWHERE, MEMBER, STRANGER = CALLERS["A"], CALLERS["B"], CALLERS["M"], CALLERS["P"]

POLICY = Policy()


def of_projects(letters: str) -> str:
    """The recorded callers whose token is for a project; in the others cpal differs from Neutron, see below."""
    return "".join(letter for letter in letters if letter in OF_PROJECTS)


def test_the_rules_are_those_of_neutron() -> None:
    assert {*RULES, "no_such_rule"} == GOLDEN["rules"].keys()


@pytest.mark.parametrize("rule", GOLDEN["rules"])
def test_a_rule_allows_whom_neutron_allows(rule: str) -> None:
    recorded = {name: of_projects(letters) for name, letters in GOLDEN["answers"][GOLDEN["rules"][rule]].items()}
    ours = {
        name: "".join(letter for letter, context in OF_PROJECTS.items() if POLICY.allows(rule, context, target))
        for name, target in TARGETS.items()
    }
    assert ours == recorded


@pytest.mark.parametrize("request_", GOLDEN["requests"], ids=lambda each: f"{each['action']} {each['resource']}")
def test_a_request_is_allowed_to_whom_neutron_allows_it(request_: dict[str, Any]) -> None:
    demanded = POLICY.demanded(request_["action"], request_["resource"], request_["attributes"])
    for name, letters in request_["allowed"].items():
        target = {**TARGETS[name], **request_["attributes"]}
        ours = (
            letter
            for letter, context in OF_PROJECTS.items()
            if all(POLICY.allows(rule, context, target) for rule in demanded)
        )
        assert "".join(ours) == of_projects(letters), name


@pytest.mark.parametrize("rule", [*RULES, "no_such_rule"])
def test_a_token_of_a_domain_allows_nothing_and_one_of_the_system_what_an_administrator_may(rule: str) -> None:
    """Neutron lets a domain's administrator do what some rules say, and one of the system nothing; we do not."""
    for target in TARGETS.values():
        assert not POLICY.allows(rule, DOMAIN_ADMIN, target)
        assert not POLICY.allows(rule, SYSTEM_READER, target)
        assert POLICY.allows(rule, SYSTEM_ADMIN, target) == POLICY.allows(rule, ADMIN_ELSEWHERE, target)


OPEN_TO_ALL = frozenset(
    (
        *("get_availability_zone", "get_default_security_group_rule", "get_flavor", "get_rule_type"),
        *("get_service_provider", "regular_user"),
    )
)
"""Rules about what belongs to nobody."""


ABOUT_VALUES = frozenset(
    rule for rule, check in RULES.items() if "not rule:network_device" in check or "not field:" in check
)
"""Rules that allow a value to anyone: they say nothing of whose the thing is, and are asked beside one that does."""


@pytest.mark.parametrize("rule", sorted(RULES.keys() - OPEN_TO_ALL - ABOUT_VALUES))
def test_nothing_of_another_project_is_allowed_unless_it_is_shared(rule: str) -> None:
    assert not POLICY.allows(rule, STRANGER, TARGETS["other"])


@pytest.mark.parametrize("rule", RULES)
def test_who_has_no_project_owns_nothing(rule: str) -> None:
    nobody = Context(user_id="u")
    unowned = {"project_id": "", "tenant_id": "", "network:project_id": "", "ext_parent:project_id": None}
    without_keys: dict[str, Any] = {}
    someone = Context(user_id="u", project_id="p1")
    assert POLICY.allows(rule, nobody, unowned) == POLICY.allows(rule, someone, without_keys)


def test_an_owner_may_be_named_by_project_or_by_tenant() -> None:
    for key in ("network:project_id", "network:tenant_id"):
        assert POLICY.allows("create_subnet", MEMBER, {"project_id": "p1", key: "p1"})
        assert not POLICY.allows("create_subnet", MEMBER, {"project_id": "p1", key: "p2"})
    assert not POLICY.allows("create_subnet", MEMBER, {"project_id": "p1"})


def test_require_says_which_rule_forbids() -> None:
    POLICY.require("create_network", MEMBER, TARGETS["own"])
    with pytest.raises(Forbidden, match=r"^rule:create_network:shared is disallowed by policy$"):
        POLICY.require("create_network:shared", MEMBER, TARGETS["own"])


def test_what_may_not_be_seen_is_hidden() -> None:
    provider = {"provider:network_type", "provider:physical_network", "provider:segmentation_id", "segments"}
    assert POLICY.hidden("network", MEMBER, TARGETS["own"]) == provider
    assert POLICY.hidden("network", MEMBER, TARGETS["other, shared"]) == provider | {"pvlan"}
    assert POLICY.hidden("network", ADMIN, TARGETS["other"]) == frozenset()
    assert "binding:host_id" in POLICY.hidden("port", MEMBER, TARGETS["own"])
    assert POLICY.hidden("quota", MEMBER, TARGETS["own"]) == frozenset()


def test_attribute_rules_are_told_by_action_and_resource() -> None:
    rules = POLICY.attribute_rules("create", "port")
    assert {"binding:host_id", "fixed_ips", "fixed_ips:ip_address", "mac_address"} <= rules
    assert "shared" not in rules
    assert "external_gateways:enable_snat" in POLICY.attribute_rules("add", "external_gateways")
    assert POLICY.attribute_rules("create", "security_group_rule") == frozenset()


def test_a_request_demands_a_rule_for_each_attribute_and_part_that_has_one() -> None:
    body = {"name": "p", "fixed_ips": [{"subnet_id": "s"}, {"subnet_id": "t", "ip_address": "192.0.2.1"}]}
    assert POLICY.demanded("create", "port", body) == (
        "create_port",
        "create_port:fixed_ips",
        "create_port:fixed_ips:subnet_id",
        "create_port:fixed_ips:ip_address",
    )


def policy_file(folder: Path, content: object) -> Path:
    """A policy file: text as it is, anything else as JSON."""
    path = folder / "policy.yaml"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "content",
    ['"create_network": "role:builder"\n', {"create_network": "role:builder"}, {"create_network": [["role:builder"]]}],
    ids=["yaml", "json", "lists"],
)
def test_a_policy_file_replaces_a_default(tmp_path: Path, content: object) -> None:
    policy = Policy(policy_file(tmp_path, content))
    builder = Context(user_id="u", project_id="p9", roles=("builder",))
    assert policy.allows("create_network", builder, TARGETS["other"])
    assert not policy.allows("create_network", ADMIN, TARGETS["own"])
    assert policy.allows("create_network:shared", ADMIN, TARGETS["own"])


def test_a_policy_file_reaches_rules_that_name_its_rules(tmp_path: Path) -> None:
    policy = Policy(policy_file(tmp_path, {"context_is_admin": "role:root", "get_network:mtu": "rule:admin_only"}))
    root = Context(user_id="u", system_scope="all", roles=("root",))
    assert policy.allows("delete_network", root, TARGETS["other"])
    assert not policy.allows("delete_network", ADMIN, TARGETS["other"])
    assert not policy.allows("delete_network", SYSTEM_ADMIN, TARGETS["other"])
    assert "mtu" in policy.hidden("network", ADMIN, TARGETS["own"])
    assert policy.attribute_rules("get", "network") >= {"mtu", "segments"}


@pytest.mark.parametrize(
    ("check", "allowed"),
    [
        ("", "ABGMRNOPSVDHhC"),
        ("@", "ABGMRNOPSVDHhC"),
        ("!", ""),
        ("( ! )", ""),
        ("! or role:service", "S"),
        ("not !", "ABGMRNOPSVDHhC"),
        ("(role:reader and not role:admin) or role:service", "GMROPSHh"),
        ("tenant_id:%(tenant_id)s", "AGMRNHC"),
        ("project_id:%(tenant_id)s and role:Manager", "AG"),
        ("'named':%(name)s", "ABGMRNOPSVDHhC"),
        ("is_admin:True", "AB"),
        ("'True':%(admin_state_up)s", "ABGMRNOPSVDHhC"),
        ("field:ports:admin_state_up=yes", "ABGMRNOPSVDHhC"),
        ("field:ports:admin_state_up=0", ""),
        ("field:networks:mtu=1450", "ABGMRNOPSVDHhC"),
        ("field:network:mtu=1450", ""),
        ("field:ports:device_owner=~compute:(nova|az)$", "ABGMRNOPSVDHhC"),
        ("field:ports:mtu=~1450", ""),
        ("role:%(wanted_role)s", "ABGMROPHh"),
        ("role:%(no_such_key)s", ""),
        ("user_id:%(user_id)s", ""),
    ],
)
def test_the_policy_language_is_oslo_policys(tmp_path: Path, check: str, allowed: str) -> None:
    policy = Policy(policy_file(tmp_path, {"get_thing": check}))
    attributes = {"name": "named", "admin_state_up": True, "mtu": 1450, "wanted_role": "READER", "user_id": "somebody"}
    target = TARGETS["own, of a server"] | attributes
    assert {letter for letter, context in OF_PROJECTS.items() if policy.allows("get_thing", context, target)} == set(
        allowed
    )


UNSOUND = {
    "no such tree": ("[unclosed", "cannot be read"),
    "a list": ("- a\n- b\n", "not a mapping"),
    "a number for a name": ("1: role:admin\n", "not a mapping"),
    "nothing for a check": ("get_network:\n", "get_network"),
    "a number for a check": ("get_network: 1\n", "get_network"),
    "a mapping for a check": ("get_network: {role: admin}\n", "get_network"),
    "a word": ("get_network: admin\n", "get_network"),
    "a word among checks": ("get_network: role:admin or member\n", "get_network"),
    "a word among refusals": ("get_network: '! or member'\n", "get_network"),
    "a word in a list": ('{"get_network": [["role:admin"], ["member"]]}', "get_network"),
    "an end that does not come": ("get_network: (! and\n", "get_network"),
    "a parenthesis": ("get_network: (role:admin or role:member\n", "get_network"),
    "an owner that is no key": ("get_network: project_id:abc\n", "get_network"),
    "a field without a value": ("get_network: field:networks:shared\n", "get_network"),
    "a field that cannot be so": ("get_network: field:networks:shared=perhaps\n", "get_network"),
    "a pattern": ("get_network: field:ports:device_owner=~(\n", "get_network"),
    "a format": ("get_network: user_id:%(user_id\n", "get_network"),
    "a format of numbers": ("get_network: user_id:%(user_id)d\n", "get_network"),
    "a literal": ("get_network: 1x:%(user_id)s\n", "get_network"),
    "a path into a text": ("get_network: user_id.name:%(user_id)s\n", "get_network"),
    "a rule that is not there": ("get_network: not rule:nobody\n", "nobody"),
    "twice": ("get_network: role:admin\n\nget_network: role:member\n", "get_network is written again in line 3"),
    "twice in JSON": ('{"get_port": "role:admin", "get_network": "", "get_port": ""}', "get_port is written again"),
    "a very long check": (f"get_network: {'(' * 3000}\n", "get_network"),
    "a ring": ("get_network: rule:owner\nowner: rule:shared\nshared: not rule:get_network\n", "get_network"),
}


@pytest.mark.parametrize(("content", "named"), UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_policy_file_is_refused_by_name(tmp_path: Path, content: str, named: str) -> None:
    path = policy_file(tmp_path, content)
    with pytest.raises(Invalid) as caught:
        Policy(path)
    assert str(path) in str(caught.value)
    assert named in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 400


def test_a_rule_that_nothing_asks_for_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A misspelt name does nothing, to Neutron too; a name that others use, and one of an attribute, does."""
    rules = {"create_netwrok": "role:x", "ours": "role:x", "get_network": "rule:ours", "update_port:name": "rule:ours"}
    with caplog.at_level(logging.WARNING, logger="cpal"):
        Policy(policy_file(tmp_path, rules))
    [told] = caplog.messages
    assert "create_netwrok" in told


def test_a_policy_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="none\\.yaml"):
        Policy(tmp_path / "none.yaml")


def test_a_changed_policy_file_is_read_again_and_answers_are_forgotten(tmp_path: Path) -> None:
    path = policy_file(tmp_path, {"create_network": "role:nobody"})
    policy = Policy(path, reread_s=0)
    assert not policy.allows("create_network", MEMBER, TARGETS["own"])
    policy_file(tmp_path, {"create_network": "role:member or role:nobody"})
    assert policy.allows("create_network", MEMBER, TARGETS["own"])


@pytest.mark.parametrize("content", ["create_network: nonsense\n", None], ids=["unsound", "gone"])
def test_a_policy_file_that_goes_bad_leaves_the_rules_as_they_were(
    tmp_path: Path, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = policy_file(tmp_path, {"create_network": "role:nobody"})
    policy = Policy(path, reread_s=0)
    if content is None:
        path.unlink()
    else:
        policy_file(tmp_path, content)
    with caplog.at_level(logging.ERROR, logger="cpal"):
        for _ in range(2):
            assert not policy.allows("create_network", MEMBER, TARGETS["own"])
    assert [record.name for record in caplog.records if record.name.startswith("cpal")] == ["cpal.faces.neutron.policy"]
    policy_file(tmp_path, {"create_network": "role:member"})
    assert policy.allows("create_network", MEMBER, TARGETS["own"])


def test_a_policy_file_is_looked_at_no_more_often_than_asked(tmp_path: Path) -> None:
    path = policy_file(tmp_path, {"create_network": "role:nobody"})
    policy = Policy(path, reread_s=3600)
    policy_file(tmp_path, {})
    os.utime(path, ns=(0, 0))
    assert not policy.allows("create_network", MEMBER, TARGETS["own"])


PROJECTS = st.sampled_from(["p1", "p2", "", None, "None"])
VALUES = st.one_of(
    st.sampled_from([True, False, None, 1, 0, 1.0, "True", "1", "*", "network:dhcp", "compute:nova"]),
    st.lists(st.integers(0, 1), max_size=2),
)
ROLES = st.sampled_from(
    ["admin", "manager", "member", "reader", "Reader", "service", "advsvc", "data_plane_integrator", "p1"]
)
CONTEXTS = st.builds(
    Context,
    user_id=st.sampled_from(["u", "v"]),
    project_id=st.sampled_from(["p1", "p2", ""]),
    domain_id=st.sampled_from(["", "", "", "d"]),
    system_scope=st.sampled_from(["", "", "", "all"]),
    roles=st.lists(ROLES, max_size=3).map(tuple),
    service_roles=st.sampled_from([(), ("service",), ("reader",)]),
)
OWNED = [
    f"{parent}{key}"
    for parent in ("", "network:", "security_group:", "ext_parent:")
    for key in ("project_id", "tenant_id")
]
READ = [
    *("shared", "network:shared", "router:external", "device_owner", "target_tenant", "target_project"),
    *("belongs_to_default_sg", "user_id", "name"),
]
DRAWN_TARGETS = st.builds(
    lambda owned, read: {**owned, **read},
    st.dictionaries(st.sampled_from(OWNED), PROJECTS),
    st.dictionaries(st.sampled_from(READ), VALUES),
)

ODD = {
    "odd_text": "'True':%(shared)s or user_id:%(user_id)s",
    "odd_role": "role:%(name)s",
    "odd_not": "not project_id:%(network:tenant_id)s and not field:networks:shared=True",
    "odd_all": "user_id:%s",
    "odd_field": "field:networks:name=1 or field:ports:device_owner=~network",
    "odd_path": "roles:%(name)s or service_roles:%(name)s",
}
"""Checks that tell apart what is equal, read what they compare with, or read everything."""


@pytest.fixture(scope="module")
def odd_rules(tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    """The defaults and the odd ones."""
    return Ruleset(policy_file(tmp_path_factory.mktemp("policy"), ODD))


@given(
    st.lists(st.tuples(st.sampled_from([*RULES, *ODD]), CONTEXTS, DRAWN_TARGETS), min_size=1, max_size=8),
)
def test_what_is_remembered_is_what_would_be_answered(
    odd_rules: Ruleset, asked: list[tuple[str, Context, dict[str, Any]]]
) -> None:
    """Every rule drawn is asked of every context and target drawn, so that answers meet that might be mistaken."""
    for rule, _, _ in asked:
        for _, context, target in asked:
            assert odd_rules.allows(rule, context, target) == odd_rules.evaluated(rule, context, target), rule


@given(st.sampled_from(["network", "port", "subnet", "router"]), CONTEXTS, DRAWN_TARGETS, DRAWN_TARGETS)
def test_what_is_hidden_is_what_its_rules_do_not_allow(
    odd_rules: Ruleset, resource: str, context: Context, one: dict[str, Any], other: dict[str, Any]
) -> None:
    for target in (one, other):
        assert odd_rules.hidden(resource, context, target) == {
            name
            for name in odd_rules.attributes(f"get_{resource}")
            if not odd_rules.evaluated(f"get_{resource}:{name}", context, target)
        }


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_answers, "REMEMBERED", 10)
    rules = Ruleset(None)
    for number in range(50):
        context = Context(user_id="u", project_id=f"p{number}", roles=("member",))
        assert rules.allows("create_network", context, {"project_id": f"p{number}"})
    assert len(rules._remembered) <= 10


def test_an_answer_asked_before_takes_microseconds() -> None:
    """At most 30 us on a quiet machine; the test leaves room for a busy one."""
    target = TARGETS["own"] | {"id": "x", "shared": False, "fixed_ips": [{"ip_address": "192.0.2.1"}]}
    took_s = []
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(100):
            POLICY.allows("get_port", MEMBER, target)
        took_s.append((time.perf_counter() - started) / 100)
    assert min(took_s) < 30e-6
