"""What others do to the target is seen, named and repaired where it is ours, and left alone where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.scenario.stage import Stage, Tables, stage

RED = """
project: red
networks: {web: {cidr: 10.0.1.0/24}}
security_groups:
  web: {rules: [{direction: ingress, protocol: tcp, port: 8080}]}
instances:
  web1: {network: web, security_groups: [web], host: hv1}
  web2: {network: web, security_groups: [web], host: hv2}
"""
BLUE = """
project: blue
networks: {app: {cidr: 10.0.2.0/24}}
instances:
  app1: {network: app, ip_address: 10.0.2.11, host: hv1}
  app2: {network: app, ip_address: 10.0.2.12, host: hv2}
"""
FOREIGN = (
    "ls-add theirs -- lsp-add theirs t1 -- lsp-set-addresses t1 unknown -- lr-add theirs-router"
    " -- lrp-add theirs-router theirs-lrp 02:00:00:00:00:97 192.0.2.1/24 -- pg-add theirs_pg t1"
    " -- acl-add theirs_pg to-lport 1002 ip4 allow -- create Address_Set name=theirs_as addresses=10.0.0.1"
)
"""What somebody made with ovn-nbctl beside us."""


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """A stage with two stacks applied."""
    with stage() as found:
        found.apply(RED)
        found.apply(BLUE)
        yield found


@pytest.fixture(autouse=True)
def _whole(town: Stage) -> Iterator[None]:
    """Each test begins and ends with nothing to repair."""
    assert town.session.plan().empty
    yield
    assert town.session.plan().empty


def reasons(town: Stage) -> list[str]:
    """What a plan says about the target: what it would do, and why."""
    return [f"{op.action.value} {op.key}: {op.reason}" for op in town.session.plan().targets[0].ops]


def uuid_of(town: Stage, table: str, tag: str) -> str:
    """The UUID of one of our rows, by the record it was made for."""
    return town.nbctl("--bare", "--columns=_uuid", "find", table, f'external_ids:"cpal:key"="{tag}"')


def web_rule(town: Stage) -> str:
    """The UUID of the ACL that lets port 8080 in."""
    found = json.loads(town.nbctl("--format=json", "--columns=_uuid,match", "list", "ACL"))["data"]
    [uuid] = [row[0][1] for row in found if "8080" in row[1]]
    return str(uuid)


def group_of(town: Stage, uuid: str) -> str:
    """The name of the port group that holds a rule."""
    return town.nbctl("--bare", "--columns=name", "find", "Port_Group", f"acls{{>=}}{uuid}")


def test_a_rule_deleted_behind_our_back_is_proven_named_and_repaired(town: Stage) -> None:
    assert town.disagreements() == []
    whole = town.tables()
    rule = web_rule(town)
    group = group_of(town, rule)
    town.nbctl("--wait=hv", "remove", "Port_Group", group, "acls", rule)
    wrong = {(r.source, r.destination, r.protocol, r.predicted, r.observed) for r in town.disagreements()}
    assert wrong == {
        ("red/web1", "red/web2", "tcp/8080", True, False),
        ("red/web2", "red/web1", "tcp/8080", True, False),
    }
    [said] = reasons(town)
    assert said.startswith("create ACL")
    assert "drift: security group rule" in said
    assert "not at the target" in said
    town.repair()
    assert town.disagreements() == []
    assert town.tables() == whole


def test_a_port_readdressed_by_hand(town: Stage) -> None:
    whole, port = town.tables(), town.port("red", "web1")
    town.nbctl("lsp-set-addresses", port.id, "02:00:00:00:00:66 10.0.1.66")
    [said] = reasons(town)
    assert said.startswith(f"update Logical_Switch_Port {port.id}: drift: addresses is")
    assert "10.0.1.66" in said
    assert port.mac_address in said
    town.repair()
    assert town.tables() == whole


def test_a_switch_deleted_by_hand_comes_back_with_its_ports(town: Stage) -> None:
    whole = town.tables()
    network = town.port("blue", "app1").network_id
    town.nbctl("ls-del", town.nbctl("--bare", "--columns=name", "find", "Logical_Switch", f"name={network_name(town)}"))
    said = reasons(town)
    assert any(words.startswith("create Logical_Switch ") and "network blue/app" in words for words in said), said
    assert sum("create Logical_Switch_Port " in words for words in said) == 2
    town.repair()
    assert town.tables() == whole
    assert network in json.dumps(whole)
    assert town.disagreements() == []


def network_name(town: Stage) -> str:
    """The name of the switch of blue's network."""
    key = f"network/{town.port('blue', 'app1').network_id}"
    return town.nbctl("--bare", "--columns=name", "find", "Logical_Switch", f'external_ids:"cpal:key"="{key}"')


def test_members_of_a_group_taken_out_and_put_in_by_hand(town: Stage) -> None:
    whole = town.tables()
    group = group_of(town, web_rule(town))
    mine, other = town.port("red", "web1").id, town.port("blue", "app1").id
    uuid = town.nbctl("get", "Logical_Switch_Port", mine, "_uuid")
    alien = town.nbctl("get", "Logical_Switch_Port", other, "_uuid")
    town.nbctl("remove", "Port_Group", group, "ports", uuid, "--", "add", "Port_Group", group, "ports", alien)
    said = reasons(town)
    assert sorted(words.split()[0] for words in said) == ["create", "delete"]
    assert all("Port_Group.ports" in words and "drift" in words for words in said)
    town.repair()
    assert town.tables() == whole


def test_foreign_rows_are_never_touched(town: Stage) -> None:
    whole = town.tables()
    town.nbctl(*FOREIGN.split())
    group = group_of(town, web_rule(town))
    switch = network_name(town)
    town.nbctl("acl-add", group, "to-lport", "1500", "tcp.dst==2222", "allow")
    town.nbctl("lsp-add", switch, "squatter", "--", "lsp-set-addresses", "squatter", "unknown")
    town.nbctl("set", "Logical_Switch", switch, "external_ids:theirs=note")
    theirs = town.tables()
    assert town.session.plan().empty
    town.repair()
    assert town.tables() == theirs
    town.apply(BLUE.replace("app2: {network: app", "app3: {network: app"))
    town.apply(BLUE)
    assert changed(foreign(theirs), foreign(town.tables())) == []
    town.nbctl("acl-del", group, "to-lport", "1500", "tcp.dst==2222", "--", "lsp-del", "squatter")
    town.nbctl("remove", "Logical_Switch", switch, "external_ids", "theirs")
    town.nbctl("lr-del", "theirs-router", "--", "pg-del", "theirs_pg", "--", "ls-del", "theirs")
    town.nbctl("destroy", "Address_Set", "theirs_as")
    assert changed(whole, town.tables()) == []


def foreign(tables: Tables) -> Tables:
    """The rows that do not carry our tag."""
    return {table: [row for row in rows if "cpal:owner" not in json.dumps(row)] for table, rows in tables.items()}


def changed(before: Tables, after: Tables) -> list[str]:
    """The rows that are not the same in both."""
    rows = [{f"{table} {json.dumps(row)}" for table in found for row in found[table]} for found in (before, after)]
    return sorted(rows[0] ^ rows[1])


def test_stacks_never_delete_each_others_records(town: Stage) -> None:
    both = town.tables()
    blue = {str(record.key) for record in town.session.estate.records() if record.stack == "blue"}
    plan = town.plan(RED.replace("  web2: {network: web, security_groups: [web], host: hv2}\n", ""))
    gone = {str(change.key) for change in plan.changes if change.after is None}
    assert gone
    assert not gone & blue
    town.destroy("red")
    assert {str(record.key) for record in town.session.estate.records() if record.stack == "blue"} == blue
    assert town.session.stacks().keys() == {"blue", "lab"}
    assert [result for result in town.disagreements() if result.source.startswith("blue")] == []
    town.apply(RED)
    assert {row["name"] for row in town.tables()["Logical_Switch"]} == {row["name"] for row in both["Logical_Switch"]}


def test_destroy_restores_the_database_as_it_was_found() -> None:
    with stage(1) as found:
        found.nbctl(*FOREIGN.split())
        before = found.tables()
        found.apply(RED.replace("hv2", "hv1"), BLUE.replace("hv2", "hv1"))
        assert found.tables() != before
        found.destroy("red", "blue")
        assert found.tables() == before
        assert found.session.stacks().keys() == {"lab"}
        assert found.lab.status().workloads == ()
