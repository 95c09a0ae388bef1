"""The program with a lab: what one person does in ten minutes, from nothing to proof with real packets and back."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.faces.cli.output import FORMATS
from tests.integration.cli.conftest import Cpal
from tests.integration.cli.formats import decoded

SHOP = """\
project: red
networks:
  web: {cidr: 10.0.1.0/24}
security_groups:
  web:
    rules: [{direction: ingress, protocol: tcp, port: 80}]
instances:
  web1: {network: web, security_groups: [web], host: hv1}
  web2: {network: web, security_groups: [web], host: hv2}
---
project: blue
networks:
  web: {cidr: 10.0.1.0/24}
instances:
  web1: {network: web, host: hv1}
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Cpal]:
    """The program with a lab of two hypervisors, and the document applied to it."""
    if os.geteuid() != 0:
        pytest.skip("a lab is made of network namespaces, which need root")
    home = Path(tempfile.mkdtemp(prefix="cpal-cli-"))
    found = Cpal(home / "state", home)
    try:
        found("lab", "up", "--hypervisors", "2")
        found("apply", found.write("shop.yaml", SHOP), "--yes")
        yield found
    finally:
        found("lab", "down", code=None)
        shutil.rmtree(home, ignore_errors=True)


def test_the_lab_is_up_and_a_target(lab: Cpal) -> None:
    status = lab("lab", "status", "--format", "json").json
    assert status["state"] == "up"
    assert {each["name"] for each in status["hypervisors"]} == {"hv1", "hv2"}
    assert {each["name"] for each in status["workloads"]} == {"red.web1", "red.web2", "blue.web1"}
    [target] = lab("get", "targets", "--format", "json").json
    assert (target["name"], target["driver"]) == ("lab", "ovn")
    text = lab("lab", "status").out
    assert "lab up" in text
    assert "red.web1" in text
    told = " ".join(text.split())
    assert all(f"{daemon['name']} {daemon['pid']}" in told for daemon in status["daemons"])


def test_the_status_is_told_in_each_form(lab: Cpal) -> None:
    found = {form: decoded(lab("lab", "status", "--format", form).out, form) for form in FORMATS}
    [line] = found["jsonl"]
    assert line == found["json"] == found["yaml"]
    rows = {(row["what"], row["machine"]): row for row in found["csv"]}
    assert {what for what, _ in rows} == {"hypervisor", "outside host", "workload", "daemon"}
    assert {name for what, name in rows if what == "workload"} == {each["name"] for each in line["workloads"]}
    pids = {row["machine"]: row["pid"] for row in found["csv"] if row["what"] == "daemon"}
    assert pids == {each["name"]: str(each["pid"]) for each in line["daemons"]}


@pytest.mark.parametrize("form", ["yaml", "csv"])
def test_bringing_it_up_again_tells_the_status(lab: Cpal, form: str) -> None:
    status = lab("lab", "status", "--format", form).out
    assert lab("lab", "up", "--what-if", "--format", form).out == status
    assert lab("lab", "up", "--format", form).out == status


@pytest.mark.parametrize("name", ["red/web1", "red.web1"])
def test_a_workload_goes_by_either_name(lab: Cpal, name: str) -> None:
    [address] = lab("show", "instance", "red/web1", "--format", "json").json["addresses"]
    assert address in lab("lab", "exec", name, "--", "ip", "-4", "-brief", "address").out


def test_lab_exec_is_the_command_itself(lab: Cpal) -> None:
    assert lab("lab", "exec", "red/web2", "--", "sh", "-c", "echo out; echo err >&2; exit 7", code=7).out == "out\n"
    assert lab("lab", "exec", "red/web2", "cat", stdin="through\n").out == "through\n"
    assert "_uuid" in lab("lab", "exec", "central", "--", "ovn-nbctl", "list", "Logical_Switch").out


def test_an_ambiguous_workload_names_what_it_may_mean(lab: Cpal) -> None:
    done = lab("lab", "exec", "web1", "--", "true", code=3)
    assert "blue/web1" in done.err
    assert "red/web1" in done.err
    assert "red.web2" in lab("lab", "exec", "nobody", "--", "true", code=5).err


def test_what_the_lab_says_of_itself_comes_and_goes_with_it_alone(lab: Cpal) -> None:
    """Undone by itself, its records would be missing while it runs on."""
    refused = lab("undo", "1", "--yes", code=6)
    assert "cpal lab down" in refused.err
    assert [each["name"] for each in lab("get", "targets", "--format", "json").json] == ["lab"]


def test_things_are_shown_as_they_really_are(lab: Cpal) -> None:
    port = lab("show", "port", "red/web1", "--format", "json").json
    assert (port["status"], port["live_host"]) == ("ACTIVE", "hv1")
    assert any(port["addresses"][0] in address for address in port["real_addresses"])
    assert {each["status"] for each in lab("get", "instances", "--format", "json").json} == {"ACTIVE"}


def test_probing_agrees_with_the_prediction_for_scripts_and_people(lab: Cpal) -> None:
    results = lab("probe", "--format", "json").json
    assert all(result["observed"] is result["predicted"] for result in results)
    assert {"source", "destination", "protocol", "predicted", "observed"} <= set(results[0])
    got = {(each["source"], each["destination"], each["protocol"]): each["observed"] for each in results}
    assert got["red/web1", "red/web2", "tcp/80"] is True
    assert any(flow[:2] == ("red/web2", "red/web1") and not observed for flow, observed in got.items())
    text = lab("probe").out
    assert f"All {len(results)} flows are as predicted." in text
    assert "red/web1  red/web2" in text


def test_an_acl_deleted_by_hand_fails_the_probe_is_named_and_is_repaired(lab: Cpal) -> None:
    group = lab(
        "lab", "exec", "central", "--", "ovn-nbctl", "--bare", "--columns=name", "find", "Port_Group"
    ).out.split()
    for name in group:
        lab("lab", "exec", "central", "--", "ovn-nbctl", "acl-del", name)
    lab("lab", "exec", "central", "--", "ovn-nbctl", "--wait=hv", "sync")
    done = lab("probe", code=21)
    assert "are not as predicted" in done.out
    assert "lost ACL" in lab("plan", "--exit-code", code=2).out
    lab("apply", "--yes")
    rows = decoded(lab("probe", "--format", "csv").out, "csv")
    assert {row["observed"] for row in rows} == {"true", "false"}
    assert all((row["observed"], row["agrees"]) == (row["predicted"], "true") for row in rows)


def test_names_of_the_lab_are_ready_for_tab(lab: Cpal) -> None:
    machines = (lab.home / "names" / "machine" / "_").read_text(encoding="utf-8").split()
    assert {"hv1", "hv2", "central", "web2", "red/", "blue/"} <= set(machines)
    assert "web1" not in machines, "two projects have one"


def test_what_if_leaves_the_lab_as_it_is(lab: Cpal) -> None:
    before = lab("lab", "status", "--format", "json").json
    lab("lab", "down", "--what-if")
    lab("lab", "up", "--hypervisors", "3", "--what-if")
    assert lab("lab", "status", "--format", "json").json == before


def test_down_leaves_nothing_and_the_estate_comes_back(lab: Cpal) -> None:
    lab("lab", "down")
    assert lab("lab", "status", "--format", "json").json["state"] == "down"
    assert not (lab.home / "lab").exists()
    assert lab("plan", code=None).code in (10, 11)
    lab("probe", code=10)
    fewer = lab("lab", "up", "--hypervisors", "1", code=6).err
    assert "hv2: instances are placed there" in fewer
    assert "--hypervisors 2" in fewer
    assert not (lab.home / "lab").exists(), "refused before anything was started"
    assert "cpal apply" in lab("lab", "up", "--hypervisors", "2").err
    assert "hypervisors are only added" in lab("lab", "up", "--hypervisors", "1").err
    lab("apply", "--yes")
    assert lab("plan", "--exit-code").code == 0
    lab("probe")


ODD = """\
project: "ключ. 1"
networks:
  "my net": {cidr: 10.9.0.0/24}
instances:
  "web 1/日本": {network: my net, host: hv1}
  "..": {network: my net, host: hv2}
  "hv1": {network: my net, host: hv2}
"""


def test_any_name_that_a_document_may_give_is_a_workload(lab: Cpal) -> None:
    file = lab.write("odd.yaml", ODD)
    lab("apply", file, "--yes")
    there = {each["name"] for each in lab("get", "instances", "--format", "json").json if each["status"] == "ACTIVE"}
    assert there >= {"web 1/日本", "..", "hv1"}
    names = {each["name"] for each in lab("lab", "status", "--format", "json").json["workloads"]}
    assert len(names - {"red.web1", "red.web2", "blue.web1"}) == 3
    answered = lab("lab", "exec", "ключ. 1/web 1/日本", "--", "ping", "-c", "1", "-W", "5", "10.9.0.3")
    assert " 0% packet loss" in answered.out
    lab("destroy", file, "--yes")
