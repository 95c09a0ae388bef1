"""What Junos tells of the nodes of a cluster, each of which answers for itself.

Node 0 is an excerpt of NAPALM's test data (Apache-2.0), junos/test_get_environment/issue1183_srx_multi_node; node 1 is
constructed after it, as both nodes of a cluster answer in the same form.
"""

from __future__ import annotations

from pathlib import Path

from cpal.model.device.environment import Environment
from tests.support.answers import told

PARTS = """<environment-information>
<environment-item><name>Routing Engine</name><class>Temp</class><status>OK</status>
<temperature celsius="39">39 degrees C / 102 degrees F</temperature></environment-item>
<environment-item><name>Routing Engine CPU</name><status>OK</status>
<temperature celsius="68">68 degrees C / 154 degrees F</temperature></environment-item>
<environment-item><name>SRX340 Chassis fan 0</name><class>Fans</class><status>OK</status></environment-item>
<environment-item><name>Power Supply 0</name><class>Power</class><status>OK</status></environment-item>
</environment-information>"""
ENGINE = """<route-engine-information><route-engine><status>OK</status>
<memory-system-total>4096</memory-system-total><memory-system-total-used>1311</memory-system-total-used>
<cpu-idle>92</cpu-idle></route-engine></route-engine-information>"""
LIMITS = """<temperature-threshold-information><temperature-threshold><name>Chassis default</name>
<yellow-alarm>60</yellow-alarm><red-alarm>75</red-alarm></temperature-threshold></temperature-threshold-information>"""


def environment(folder: Path, *nodes: dict[str, str]) -> Environment:
    """What is read where each node answers so, with words of node 0 replaced."""

    def answer(text: str) -> str:
        items = ""
        for index, words in enumerate(nodes):
            own = text
            for before, after in words.items():
                own = own.replace(before, after)
            items += f"<multi-routing-engine-item><re-name>node{index}</re-name>{own}</multi-routing-engine-item>"
        return f"<multi-routing-engine-results>{items}</multi-routing-engine-results>"

    answers = {
        "get-environment-information.xml": answer(PARTS),
        "get-route-engine-information.xml": answer(ENGINE),
        "get-temperature-threshold-information.xml": answer(LIMITS),
    }
    found = told(folder, "junos", "environment", answers)
    assert isinstance(found, Environment)
    return found


def test_a_node_that_answers_alone_gives_its_name_to_its_engine(tmp_path: Path) -> None:
    found = environment(tmp_path, {})
    assert [(each.name, each.usage_percent) for each in found.cpus] == [("node0", 8)]
    assert [(each.name, each.celsius, each.alarm) for each in found.temperatures] == [
        ("Routing Engine", 39, False),
        ("Routing Engine CPU", 68, True),
    ]
    assert [each.name for each in found.fans] == ["SRX340 Chassis fan 0"]
    assert [each.name for each in found.power_supplies] == ["Power Supply 0"]


def test_parts_of_several_nodes_are_all_told_and_differ_by_name(tmp_path: Path) -> None:
    failing = {"<class>Power</class><status>OK": "<class>Power</class><status>Failed", "<cpu-idle>92": "<cpu-idle>95"}
    found = environment(tmp_path, {}, failing)
    assert [(each.name, each.ok) for each in found.power_supplies] == [
        ("node0 Power Supply 0", True),
        ("node1 Power Supply 0", False),
    ]
    assert [each.name for each in found.fans] == ["node0 SRX340 Chassis fan 0", "node1 SRX340 Chassis fan 0"]
    assert [(each.name, each.usage_percent) for each in found.cpus] == [("node0", 8), ("node1", 5)]
    assert [each.name for each in found.memories] == ["node0", "node1"]
    assert len(found.thresholds) == 1
