"""What Junos tells of spanning trees: answers with the elements that public readers of them name.

Source: Junos XML API Operational Developer Reference, `get-stp-bridge-information`, `get-stp-interface-information`.
"""

from __future__ import annotations

from pathlib import Path

from cpal.engine.recordings import replay
from cpal.model.device.spanning_tree import Bridge, SpanningTree, TreePort

PORT = """<stp-interface-entry><interface-name>{}</interface-name><port-cost>20000</port-cost>
<port-state>{}</port-state><port-role>{}</port-role></stp-interface-entry>"""


def element(name: str, *inside: object) -> str:
    """An element with what is inside it."""
    return f"<{name}>{''.join(map(str, inside))}</{name}>"


def bridge(which: str, priority: int, mac: str) -> str:
    """A bridge of a tree."""
    return element(f"{which}-bridge", element("bridge-priority", priority), element("bridge-mac", mac))


PARAMETERS = element(
    "cist-bridge-parameters",
    bridge("root", 4096, "00:19:e2:50:51:e0"),
    element("root-cost", 20000),
    element("root-port", "ge-0/0/1.0"),
    element("extended-system-id", 0),
    bridge("this", 32768, "00:19:e2:50:7f:e0"),
)


def told(folder: Path, bridges: str, instances: str) -> tuple[SpanningTree, ...]:
    """What is made of both answers."""
    for name, inside in (("stp-bridge-information", bridges), ("stp-interface-information", instances)):
        (folder / f"get-{name}.xml").write_text(element("rpc-reply", element(name, inside)))
    found: tuple[SpanningTree, ...] = replay("junos", "spanning_tree", folder).value
    return found


def test_the_tree_of_all_vlans(tmp_path: Path) -> None:
    ports = PORT.format("ge-0/0/1.0", "FWD", "ROOT") + PORT.format("ge-0/0/2", "BLK", "ALT")
    bridges = f"<stp-bridge><protocol>RSTP</protocol>{PARAMETERS}</stp-bridge>"
    trees = told(tmp_path, bridges, f"<stp-instance><stp-interfaces>{ports}</stp-interfaces></stp-instance>")
    assert trees == (
        SpanningTree(
            name="0", protocol="rstp", is_root=False, root_port="ge-0/0/1", root_cost=20000,
            root=Bridge(priority=4096, mac_address="00:19:e2:50:51:e0"),
            bridge=Bridge(priority=32768, mac_address="00:19:e2:50:7f:e0"),
            ports=(
                TreePort(interface="ge-0/0/1", role="root", state="forwarding", cost=20000),
                TreePort(interface="ge-0/0/2", role="alternate", state="blocking", cost=20000),
            ),
        ),
    )  # fmt: skip


def test_trees_of_vlans(tmp_path: Path) -> None:
    bridges = "".join(
        f"<stp-bridge><protocol>VSTP</protocol><vlan-id>{vlan}</vlan-id>{PARAMETERS}</stp-bridge>" for vlan in (10, 20)
    )
    instances = "".join(
        f"<stp-instance><vlan-id>{vlan}</vlan-id><stp-interfaces>{PORT.format(name, 'FWD', 'ROOT')}</stp-interfaces>"
        "</stp-instance>"
        for vlan, name in ((20, "ge-0/0/2"), (10, "ge-0/0/1"))
    )
    trees = told(tmp_path, bridges, instances)
    assert [(each.name, each.vlan, each.protocol, [port.interface for port in each.ports]) for each in trees] == [
        ("VLAN 10", 10, "rapid-pvst", ["ge-0/0/1"]),
        ("VLAN 20", 20, "rapid-pvst", ["ge-0/0/2"]),
    ]


def test_a_switch_without_a_protocol_has_no_tree(tmp_path: Path) -> None:
    assert told(tmp_path, "", "") == ()
    for answer in tmp_path.iterdir():
        answer.unlink()
    assert replay("junos", "spanning_tree", tmp_path).value == ()
