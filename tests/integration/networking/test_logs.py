"""Logs of what security groups do: as the real Neutron answers, and what OVN is asked for.

Source: what neutron 29.0.0 with ML2/OVN answered to the same requests; ovn-nb(5), ACL and Meter.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import Caller, Cloud

GROUP = "security_group"
NONE = "00000000-0000-4000-8000-000000000000"
PATH = "/v2.0/log/logs"


@pytest.fixture
def manager(site: Cloud) -> Caller:
    """Who manages a project, and may log there."""
    return site.with_role("red-logs", "manager")


@pytest.fixture
def group(manager: Caller) -> str:
    """A security group with the two rules that new ones have."""
    return str(manager.post("security-groups", name="web")["id"])


def told(site: Cloud, log: dict[str, Any]) -> dict[str, int]:
    """How many ACLs tell of a log, by action."""
    found: dict[str, int] = {}
    for row in site.rows("ACL", "action", "log", "name", "meter", "severity", "priority"):
        if row["name"] == f"cpal-{log['id']}":
            assert (row["log"], row["meter"], row["severity"]) == (True, "cpal_acl_log", "info")
            assert row["priority"] == (1001 if row["action"] == "drop" else 1002)
            found[row["action"]] = found.get(row["action"], 0) + 1
    return found


def test_what_can_be_logged_is_told_to_whom_may(site: Cloud, manager: Caller) -> None:
    for caller in (site.administrator, manager):
        for path in ("log/loggable-resources", "log/loggable_resources"):
            assert caller.get(path) == {"loggable_resources": [{"type": GROUP}]}
    assert site.member("red-logs").get("log/loggable-resources") == {"loggable_resources": []}


def test_a_log_is_shown_as_it_was_made(manager: Caller, group: str) -> None:
    said = {"name": "all", "description": "of web", "resource_type": GROUP, "resource_id": group}
    log = manager.post("log/logs", **said)
    project = {"project_id": manager.project_id, "tenant_id": manager.project_id}
    assert log == {**said, **project, "id": log["id"], "target_id": None, "event": "ALL", "enabled": True,
                   **{name: log[name] for name in ("created_at", "updated_at", "revision_number")}}  # fmt: skip
    assert manager.get(f"log/logs/{log['id']}") == {"log": log}
    assert log in manager.list("log/logs")
    changed = manager.put(f"log/logs/{log['id']}", {"log": {"name": "none", "enabled": False}})["log"]
    assert (changed["name"], changed["enabled"]) == ("none", False)
    assert changed["revision_number"] == log["revision_number"] + 1
    for query in (("event", "ALL"), ("resource_id", group), ("enabled", "False"), ("name", "none")):
        assert manager.list("log/logs", query, ("fields", "id"), ("resource_id", group)) == [{"id": log["id"]}]
    assert manager.list("log/logs", ("event", "DROP"), ("resource_id", group)) == []
    manager.delete(f"log/logs/{log['id']}")
    gone = manager.call("GET", f"{PATH}/{log['id']}")
    assert (gone.status, gone.fault) == (404, "LogResourceNotFound")


def test_what_cannot_be_logged(site: Cloud, manager: Caller, group: str) -> None:
    network = manager.post("networks", name="n")["id"]
    port = manager.post("ports", network_id=network)["id"]
    for values, fault in (
        ({}, "400 HTTPBadRequest"),
        ({"resource_type": "router"}, "400 InvalidLogResourceType"),
        ({"resource_type": GROUP, "resource_id": NONE}, "404 ResourceNotFound"),
        ({"resource_type": GROUP, "target_id": NONE}, "404 TargetResourceNotFound"),
        ({"resource_type": GROUP, "event": "SOME"}, "400 HTTPBadRequest"),
        ({"resource_type": GROUP, "resource_id": group, "target_id": port}, "400 InvalidResourceConstraint"),
        ({"resource_type": GROUP, "enabled": "maybe"}, "400 InvalidInput"),
        ({"resource_type": GROUP, "tags": ["blue"]}, "400 HTTPBadRequest"),
    ):
        answer = manager.call("POST", PATH, {"log": values})
        assert f"{answer.status} {answer.fault}" == fault, values
    log = manager.post("log/logs", resource_type=GROUP, resource_id=group)["id"]
    assert manager.call("PUT", f"{PATH}/{log}", {"log": {"event": "DROP"}}).fault == "HTTPBadRequest"
    assert manager.call("GET", f"{PATH}/{log}/tags").fault == "HTTPNotFound"
    other = site.with_role("blue-logs", "manager")
    for caller in (site.member("red-logs"), other):
        assert caller.list("log/logs") == []
        for method in ("GET", "DELETE"):
            assert caller.call(method, f"{PATH}/{log}").fault == "LogResourceNotFound"
    refused = site.member("red-logs").call("POST", PATH, {"log": {"resource_type": GROUP}})
    assert (refused.status, refused.fault) == (403, "PolicyNotAuthorized")
    for field, fault in (("resource_id", "ResourceNotFound"), ("target_id", "TargetResourceNotFound")):
        theirs = group if field == "resource_id" else port
        assert other.call("POST", PATH, {"log": {"resource_type": GROUP, field: theirs}}).fault == fault
    manager.delete(f"log/logs/{log}")


@pytest.mark.parametrize(
    ("event", "wanted"),
    [("ALL", {"allow-related": 2, "drop": 2}), ("ACCEPT", {"allow-related": 2}), ("DROP", {"drop": 2})],
)
def test_filters_tell_of_the_event_while_the_log_is_enabled(
    site: Cloud, manager: Caller, group: str, event: str, wanted: dict[str, int]
) -> None:
    log = manager.post("log/logs", resource_type=GROUP, resource_id=group, event=event)
    assert told(site, log) == wanted
    [meter] = site.rows("Meter", "name", "unit", "fair", "bands")
    assert (meter["name"], meter["unit"], meter["fair"]) == ("cpal_acl_log", "pktps", True)
    [band] = site.rows("Meter_Band", "_uuid", "action", "rate", "burst_size")
    assert (band["_uuid"], band["rate"], band["burst_size"]) == (meter["bands"], 100, 25)
    manager.put(f"log/logs/{log['id']}", {"log": {"enabled": False}})
    assert (told(site, log), site.rows("Meter")) == ({}, [])
    manager.put(f"log/logs/{log['id']}", {"log": {"enabled": True}})
    assert told(site, log) == wanted
    rule = manager.post("security-group-rules", security_group_id=group, direction="ingress", protocol="tcp")
    assert told(site, log).get("allow-related", 0) == (3 if "allow-related" in wanted else 0)
    manager.delete(f"security-group-rules/{rule['id']}")
    assert site.ops() == []
    manager.delete(f"security-groups/{group}")
    assert manager.call("GET", f"{PATH}/{log['id']}").status == 404
    assert site.rows("Meter") == site.rows("Meter_Band") == []


def test_a_log_of_a_port_follows_it_through_its_groups_and_goes_with_it(
    site: Cloud, manager: Caller, group: str
) -> None:
    port = manager.post("ports", network_id=manager.post("networks", name="n")["id"], security_groups=[])["id"]
    log = manager.post("log/logs", resource_type=GROUP, target_id=port, event="ACCEPT")
    assert told(site, log) == {}
    manager.put(f"ports/{port}", {"port": {"security_groups": [group]}})
    assert told(site, log) == {"allow-related": 2}
    more = manager.post("log/logs", resource_type=GROUP, resource_id=group)
    assert (told(site, log), told(site, more)) == ({}, {"allow-related": 2, "drop": 2})
    manager.delete(f"log/logs/{more['id']}")
    manager.delete(f"ports/{port}")
    assert manager.call("GET", f"{PATH}/{log['id']}").status == 404
    assert told(site, log) == {}
    assert site.ops() == []


def test_a_log_of_a_project_is_of_its_groups_alone(site: Cloud, group: str, manager: Caller) -> None:
    other = site.with_role("blue-logs", "manager").post("security-groups", name="other")["id"]
    log = manager.post("log/logs", resource_type=GROUP, event="DROP")
    groups = {row["name"] for row in site.rows("Port_Group", "name")}
    matches = [row["match"] for row in site.rows("ACL", "match", "name") if row["name"] == f"cpal-{log['id']}"]
    mine = {each["id"] for each in manager.list("security-groups")}
    assert len(matches) == 2 * len(mine)
    assert groups >= {f"pg_{id.replace('-', '_')}" for id in (*mine, other)}
    assert not [match for match in matches if other.replace("-", "_") in match]
    manager.delete(f"log/logs/{log['id']}")


def test_what_was_done_is_planned_and_undone_in_documents_too(site: Cloud, manager: Caller, group: str) -> None:
    log = manager.post("log/logs", resource_type=GROUP, resource_id=group, name="kept")
    written = site.cpal("export", "--project", "red-logs").stdout
    assert "kept" in written
    site.cpal("undo", "--yes")
    assert manager.call("GET", f"{PATH}/{log['id']}").status == 404
    assert (told(site, log), site.ops()) == ({}, [])
