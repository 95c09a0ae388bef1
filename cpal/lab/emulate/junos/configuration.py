"""What a new Junos device is configured with, and who may come in."""

from __future__ import annotations

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.junos.text import as_text, load_text, quoted
from cpal.lab.emulate.secrets import hashed
from cpal.lab.emulate.tree import Node


def factory(device: Device) -> Node:
    """The configuration of a new device: its user, and NETCONF switched on."""
    root = Node()
    secret = quoted(hashed(device.user, device.password))
    wrong = load_text(root, f"""
        version {device.identity.version};
        system {{
            host-name {device.identity.name};
            login {{
                user {device.user} {{ uid 2000; class super-user; authentication {{ encrypted-password {secret}; }} }}
            }}
            services {{ ssh; netconf {{ ssh; }} }}
        }}
        protocols {{ lldp {{ interface all; }} }}""")  # fmt: skip
    assert not wrong
    return root


def knows(root: Node, user: str, password: str) -> bool:
    """Whether a user may come in."""
    node = below(root, ("system",), ("login",), ("user", user), ("authentication",))
    return node is not None and node.value("encrypted-password") == hashed(user, password)


def serves_netconf(root: Node) -> bool:
    """Whether NETCONF over SSH is switched on."""
    services = below(root, ("system",), ("services",), ("netconf",))
    return services is not None and services.has("ssh")


def below(root: Node, *path: tuple[str, ...]) -> Node | None:
    """The section that statements lead to."""
    node: Node | None = root
    for words in path:
        node = node.find(*words) if node else None
    return node


def hostname(root: Node) -> str:
    """What the device calls itself."""
    system = root.find("system")
    return (system.value("host-name") if system else None) or "Amnesiac"


def text(root: Node) -> str:
    """A configuration as Junos gives it as text."""
    return "\n" + "\n".join(as_text(root)) + "\n"
