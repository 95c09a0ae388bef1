"""What cannot be read keeps nothing else from being read, and nothing is missed that it may declare."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cpal.faces.documents.reading import load
from cpal.faces.documents.source import Mapping, Scalar, Source
from tests.support.telling import faults_of_documents
from tests.support.world import World

LAB = World("hv1", "hv2").estate()
RIGHT = ("a: b\n", "a: [b,\n c]\n", "a: |\n text\n text\n", "a:\r\n  b: c\r\n", "")
BROKEN = (
    "a: [\n",
    'a: "b\n',
    "a: b: c\n",
    "\ta: b\n",
    "- a\nb\n",
    "a: *b\n",
    "a: !!python/name:os b\n",
    "a: {b: ]}\n",
    "%\n",
)


@given(st.lists(st.sampled_from(RIGHT + BROKEN), min_size=1, max_size=6))
def test_a_fault_of_syntax_ends_its_document_and_no_other(parts: list[str]) -> None:
    text = "".join(f"--- # {number}\n{part}" for number, part in enumerate(parts))
    source = Source("a.yaml")
    trees = source.trees(text)
    starts = [1 + sum(part.count("\n") + 1 for part in parts[:at]) for at in range(len(parts))]
    right = [start + 1 for start, part in zip(starts, parts, strict=True) if part in RIGHT and part]
    assert [tree.line for tree in trees] == right
    assert len(source.faults) == len(source.unread_texts) == sum(part in BROKEN for part in parts)
    for unread, part in zip(source.unread_texts, filter(BROKEN.__contains__, parts), strict=True):
        assert part in unread
    for fault in source.faults:
        line = int(fault.place.split(":")[1])
        assert any(
            start <= line <= start + part.count("\n") + 1
            for start, part in zip(starts, parts, strict=True)
            if part in BROKEN
        )


def test_a_key_that_is_given_twice_is_not_sure() -> None:
    source = Source("a.yaml")
    [tree] = source.trees("{a: 1, b: 2, a: 3}")
    assert isinstance(tree, Mapping)
    entries = source.entries(tree, "")
    assert {name: (entry.value, entry.sure) for name, entry in entries.items()} == {
        "a": (Scalar("1", True, 1, 5), False),
        "b": (Scalar("2", True, 1, 11), True),
    }


USE = "project: shop\nnetworks: {web: {cidr: 10.0.1.0/24}, out: {external: true, cidr: 198.51.100.0/24}}\n"


@pytest.mark.parametrize(
    ("unread", "use", "told"),
    [
        # a text that is not YAML
        ("networks: {app: [", "instances: {a: {network: app}}", False),
        ("networks: {app: [", "instances: {a: {network: shop/app}}", False),
        ("networks: {application: [", "instances: {a: {network: app}}", True),
        ("networks: {my-app: [", "instances: {a: {network: app}}", True),
        ("instances: {b: {network: app}", "instances: {a: {network: app}}", True),
        ('networks: {"\\u0061pp": [', "instances: {a: {network: app}}", False),
        ("instances: {b: [", "floating_ips: {f: {network: out, port: 'b:web'}}", False),
        ("instances: {b: [", "floating_ips: {f: {network: out, port: c}}", True),
        ("hosts: {hv3: [", "instances: {a: {network: web, host: hv3}}", False),
        ("hosts: {hv3: [", "instances: {a: {network: web, host: hv4}}", True),
        ("subnets: {s: {network: web, cidr: [", "instances: {a: {network: web, ip_address: 10.9.0.1}}", False),
        ("subnets: {s: {network: app, cidr: [", "instances: {a: {network: web, ip_address: 10.9.0.1}}", True),
        ("instances: {s: {network: web, host: [", "instances: {a: {network: web, ip_address: 10.9.0.1}}", True),
        ("targets: {t: {underlay_mtu: 9000, driver: [", "networks: {fat: {mtu: 8000}}", False),
        ("hosts: {t: {target: [", "networks: {fat: {mtu: 8000}}", True),
        # pieces that mean nothing where they are
        ("colours: {app: red}", "instances: {a: {network: app}}", False),
        ("colours: {red: app}", "instances: {a: {network: app}}", False),
        ("colours: {app: red}", "instances: {a: {network: ape}}", True),
        ("networks: app", "instances: {a: {network: app}}", False),
        ("networks: {'': {}}", "instances: {a: {network: app}}", False),
        ("networks: {'': {}}", "instances: {a: {network: web, host: hv3}}", True),
        ("networks: {two: {}, two: {}}", "instances: {a: {network: app}}", False),
        ("project: shop\nsecurity_groups: {g: 5}", "instances: {a: {network: web, security_groups: [g]}}", False),
        ("instances: {b: [app]}", "instances: {a: {network: app}}", True),
        ("project: [shop]\nnetworks: {app: {}}", "instances: {a: {network: app}}", False),
        ("project: {name: shop, colour: red}\nnetworks: {app: {}}", "instances: {a: {network: app}}", False),
        ("- app", "instances: {a: {network: app}}", False),
        ("routers: {r: {interfaces: [app], colour: red}}", "instances: {a: {network: app}}", True),
    ],
)  # fmt: skip
def test_a_name_is_missed_only_where_nothing_that_was_not_read_may_declare_it(
    unread: str, use: str, told: bool
) -> None:
    faults = faults_of_documents({"a.yaml": USE, "b.yaml": unread, "c.yaml": f"project: shop\n{use}"}, LAB)
    assert any(fault.place.startswith("b.yaml:") for fault in faults)
    assert any(fault.place.startswith("c.yaml:") for fault in faults) == told, "\n".join(map(str, faults))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("networks: {app: {}, café: {}}".encode("latin-1"), ["ape"]),
        ("networks: {app: {}}".encode("utf-16"), []),
        (None, []),
    ],
)
def test_of_a_file_that_cannot_be_read_it_is_known_what_it_does_not_say(
    tmp_path: Path, content: bytes | None, told: list[str]
) -> None:
    if content is not None:
        (tmp_path / "b.yaml").write_bytes(content)
    (tmp_path / "a.yaml").write_text("instances: {a: {network: app}, b: {network: café}, c: {network: ape}}", "utf-8")
    faults = faults_of_documents(load([tmp_path / "a.yaml", tmp_path / "b.yaml"]), LAB)
    assert [re.findall('network "(.*)"', fault.problem) for fault in faults] == [*([name] for name in told), []]


def test_what_is_no_longer_declared_is_not_said_to_be_needed_when_not_all_was_read() -> None:
    world = World("hv1")
    lan = world.network(world.project("shop"), "lan", "10.5.0.0/24", shared=True)
    user = world.port(world.project("other"), "user", lan)
    world.add(replace(user, stack="other"))
    estate = world.estate()
    gone = [fault.key for fault in faults_of_documents({"a.yaml": "project: shop"}, estate)]
    assert 'network "lan"' in gone
    for unread in ("networks: {lan: [", "instances: {a: {colour: red, networks: []}}", "networks: {lin: {was: [lan]}}"):
        faults = faults_of_documents({"a.yaml": "project: shop", "b.yaml": f"project: shop\n{unread}"}, estate)
        assert [fault.place.partition(":")[0] for fault in faults] == ["b.yaml"], "\n".join(map(str, faults))


def test_a_project_or_stack_that_is_not_known_says_nothing_about_what_follows() -> None:
    world = World("hv1")
    world.add(replace(world.network(world.project("shop"), "web", "10.0.1.0/24"), stack="tools"))
    text = "project: shop\nstack: [tools]\nnetworks: {web: {cidr: 10.0.1.0/24}}\ninstances: {a: {network: nowhere}}"
    [fault] = faults_of_documents({"a.yaml": text}, world.estate())
    assert fault.place == "a.yaml:2:8"
