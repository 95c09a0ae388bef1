"""What the program does before there is any network: one thing at a time, its history, its errors."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.integration.cli.conftest import PROGRAM, Cpal

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_what_is_created_is_there_with_the_names_of_the_api(groups: Cpal) -> None:
    found = {
        (each["project"], each["name"]): each for each in groups("get", "security-groups", "--format", "json").json
    }
    assert set(found) == {("red", "web"), ("blue", "web")}
    red = found["red", "web"]
    assert UUID.fullmatch(red["id"])
    assert red["stateful"] is True
    assert {rule["direction"] for rule in red["security_group_rules"]} == {"egress"}
    assert {rule["ethertype"] for rule in red["security_group_rules"]} == {"IPv4", "IPv6"}
    [offices] = groups("get", "address_group", "offices", "--format", "json").json
    assert offices["addresses"] == ["192.0.2.0/24", "198.51.100.7"]


def test_kinds_go_by_either_number_and_dash(groups: Cpal) -> None:
    words = ("address-group", "address_groups", "Address-Groups")
    shown = [groups("get", word, "--format", "json").json for word in words]
    assert shown[0] == shown[1] == shown[2] != []


def test_an_ambiguous_name_names_what_it_may_mean(groups: Cpal) -> None:
    done = groups("show", "security-group", "web", code=3)
    assert "blue/web" in done.err
    assert "red/web" in done.err
    assert groups("show", "security-group", "red/web", "--format", "json").json["project"] == "red"


def test_an_unknown_name_says_what_comes_near(groups: Cpal) -> None:
    assert "offices" in groups("show", "address-group", "office", code=5).err


def test_a_rule_is_created_by_flags_as_documents_have_it(groups: Cpal) -> None:
    groups("create", "security-group-rule", "--project", "red", "--security-group", "web", "--direction", "ingress",
           "--protocol", "tcp", "--port", "8000-8100", "--remote", "offices")  # fmt: skip
    rules = groups("get", "security-group-rules", "--project", "red", "--format", "json").json
    [rule] = [rule for rule in rules if rule["direction"] == "ingress"]
    assert (rule["port_range_min"], rule["port_range_max"], rule["protocol"]) == (8000, 8100, "tcp")
    assert rule["remote_address_group"] == "offices"
    assert rule["security_group"] == "web"
    groups("delete", "security-group-rule", rule["id"][:8], "--yes")
    left = groups("get", "security-group-rules", "--project", "red", "--format", "json").json
    assert rule["id"] not in {each["id"] for each in left}


def test_set_changes_what_is_named_and_nothing_else(groups: Cpal) -> None:
    before = groups("show", "address-group", "offices", "--format", "json").json
    groups("set", "address-group", "offices", "--description", "where we are", "--name", "places")
    after = groups("show", "address-group", "places", "--format", "json").json
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"name", "description"}
    assert after["id"] == before["id"]


def test_every_flag_is_checked_at_once_and_nothing_changes(groups: Cpal) -> None:
    done = groups("create", "address-group", "bad", "--project", "red", "--addresses", "10.0.0.1/8,nowhere", code=3)
    assert len([line for line in done.err.splitlines() if line.startswith("--addresses: ")]) == 2
    assert "nothing was changed" in done.err
    groups("show", "address-group", "bad", code=5)


def test_a_second_thing_of_the_same_name_is_refused(groups: Cpal) -> None:
    assert "already" in groups("create", "address-group", "offices", "--project", "red", code=6).err
    assert "already" in groups("create", "project", "red", code=6).err


def test_history_diff_and_undo_tell_the_same_story(groups: Cpal) -> None:
    log = groups("history", "--format", "json").json
    assert [entry["what"] for entry in log][-1] == (
        "create address-group offices --project red --addresses 192.0.2.0/24,198.51.100.7"
    )
    assert [entry["revision"] for entry in log] == sorted(entry["revision"] for entry in log)
    [change] = groups("diff", "--format", "json").json
    assert (change["action"], change["kind"], change["name"]) == ("create", "address_group", "offices")
    groups("undo", "--yes")
    groups("show", "address-group", "offices", code=5)
    groups("undo", "--yes")
    assert groups("show", "address-group", "offices", "--format", "json").json["id"] == change["id"]
    last = log[-1]["revision"]
    assert groups("diff", str(last), "--format", "json").json == []
    assert groups("diff", str(last), "--exit-code").code == 0
    assert groups("diff", "0", "--exit-code", code=2).out.startswith("Records: ")


def test_what_if_changes_nothing(groups: Cpal) -> None:
    before = groups("history", "--format", "json").json
    for words in (
        ("create", "project", "green"),
        ("set", "project", "red", "--description", "x"),
        ("delete", "address-group", "offices"),
        ("undo",),
    ):
        done = groups(*words, "--what-if")
        assert "Records: " in done.out
        assert "nothing was changed" in done.err
    assert groups("history", "--format", "json").json == before


def test_a_deletion_needs_a_yes(groups: Cpal) -> None:
    for answer in ("", "n\n"):
        assert "nothing was changed" in groups("delete", "address-group", "offices", stdin=answer, code=1).err
    groups("delete", "address-group", "offices", stdin="y\n")
    groups("show", "address-group", "offices", code=5)


@pytest.mark.parametrize("words", [["frobnicate"], ["get", "things"], ["plan", "--wrong"], ["create", "network"], []])
def test_bad_usage_has_a_code_of_its_own(cpal: Cpal, words: list[str]) -> None:
    assert "cpal" in cpal(*words, code=64).err


def test_errors_are_json_where_json_is_asked_for(cpal: Cpal) -> None:
    error = json.loads(cpal("show", "network", "web", "--format", "json", code=5).err)["error"]
    assert (error["type"], error["exit_code"], error["retry"]) == ("NotFound", 5, False)
    document = cpal.write("bad.yaml", "networks:\n  web: {cidr: 10.0.1.1/24, mut: 1}\n")
    error = json.loads(cpal("plan", document, "--format", "json", code=3).err.splitlines()[-1])["error"]
    assert {fault["place"] for fault in error["faults"]} == {"bad.yaml:2:15", "bad.yaml:2:28"}


def test_faults_of_documents_stand_on_a_line_each(cpal: Cpal) -> None:
    document = cpal.write("bad.yaml", "networks:\n  web: {cidr: 10.0.1.1/24, mut: 1}\n")
    lines = cpal("apply", document, "--yes", "-q", code=3).err.splitlines()
    assert len([line for line in lines if re.match(r"bad\.yaml:2:\d+: ", line)]) == 2


def test_faults_of_every_step_and_file_are_told_in_one_run(cpal: Cpal) -> None:
    files = [
        cpal.write("a.yaml", "networks:\n  web: {cidr: 10.0.1.0/30, mut: 1400}\n  db: {cidr: 10.0.2.7/24}\n"),
        cpal.write("b.yaml", "instances:\n  lost: {network: web\n  more: {}\n"),
        cpal.write(
            "c.yaml",
            "instances:\n  a: {network: web}\n  b: {network: web}\n  c: {network: wbe, ip_address: 10.0.1.2}\n"
            "  d: {network: db, ip_address: 10.0.9.9, host: lost}\n  e: {network: web, ip_address: 10.0.9.9}\n",
        ),
    ]
    places = ["a.yaml:2:28", "a.yaml:3:14", "b.yaml:3:7", "c.yaml:3:6", "c.yaml:4:16", "c.yaml:5:48", "c.yaml:6:33"]
    for words in (("plan",), ("apply", "--yes")):
        said = cpal(*words, *reversed(files), "-q", code=3).err.splitlines()
        assert [line.partition(": ")[0] for line in said] == [*places, "7 faults; nothing was changed"], said
    assert cpal("history", "--format", "json").json == []


def test_networks_without_a_target_say_what_to_do(cpal: Cpal) -> None:
    cpal("init")
    assert "cpal lab up" in cpal("plan", "cpal.yaml", code=5).err


def test_init_never_overwrites(cpal: Cpal) -> None:
    cpal("init")
    written = (cpal.directory / "cpal.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(written)["project"]
    cpal("init", code=6)
    assert (cpal.directory / "cpal.yaml").read_text(encoding="utf-8") == written


def test_notes_and_progress_never_mix_with_the_output(groups: Cpal) -> None:
    done = groups("plan", "--format", "json")
    assert done.json["ops"] == []
    assert groups("plan", "-q", "--format", "json").err == ""


def test_without_a_terminal_the_output_is_plain_text(groups: Cpal) -> None:
    text = "".join(groups(*words).out for words in (("get", "projects"), ("history",), ("diff", "0"), ("--help",)))
    assert text.isascii()
    assert "\x1b" not in text


def test_a_broken_pipe_is_quiet(groups: Cpal) -> None:
    script = 'set -o pipefail; "$@" history | true; echo "code ${PIPESTATUS[0]}" >&2'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *PROGRAM], env=groups.environment, capture_output=True, text=True, check=False
    )
    assert re.fullmatch(r"code (0|141)\n", done.stderr)


def test_an_interrupt_says_what_is_left(groups: Cpal) -> None:
    running = subprocess.Popen(
        ["env", "--default-signal=INT", *PROGRAM, "delete", "address-group", "offices"], env=groups.environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stderr is not None
    seen = ""
    while "[y/N]" not in seen:
        seen += os.read(running.stderr.fileno(), 1000).decode()
    running.send_signal(signal.SIGINT)
    _, rest = running.communicate(timeout=30)
    assert "nothing was changed" in rest
    assert running.returncode in (1, 130)


def test_a_fault_of_the_program_itself_is_reported_without_a_traceback(groups: Cpal) -> None:
    script = (
        "import sys, cpal.faces.cli.log as log\nfrom cpal.faces.cli import main\n"
        "def broken(*_):\n    raise RuntimeError('planted')\n"
        "log._object = broken\nsys.exit(main.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "history"], env=groups.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 70
    assert "Traceback" not in done.stderr
    assert "planted" in done.stderr
    file = re.search(r"\S+cpal-fault-\S+\.txt", done.stderr)
    assert file is not None
    report = Path(file[0])
    assert "Traceback" in report.read_text(encoding="utf-8")
    report.unlink()


def test_the_schema_is_what_documents_are_checked_against(cpal: Cpal) -> None:
    schema = cpal("schema").json
    assert "networks" in schema["properties"]


@pytest.mark.parametrize("words", [(), ("lab",)])
def test_without_words_it_says_how_it_goes_and_no_more(cpal: Cpal, words: tuple[str, ...]) -> None:
    bare = cpal(*words, code=64)
    assert (bare.out, bare.err) == ("", cpal(*words, "--help").out)


def test_what_a_driver_can_hold_is_told_before_there_is_a_target_of_it(cpal: Cpal) -> None:
    told = cpal("capabilities", "frr", "--format", "json").json
    assert {each["driver"] for each in told} == {"frr"}
    assert "frr" in {each["driver"] for each in cpal("capabilities", "--format", "json").json}
    assert "no target 'junipr'" in cpal("capabilities", "junipr", code=5).err
