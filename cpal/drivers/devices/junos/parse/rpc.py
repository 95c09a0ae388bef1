"""Junos: the RPCs and the parts of the configuration that getters ask for.

Source: Junos XML API Operational Developer Reference; a part of the configuration is asked by a subtree filter.
"""

from __future__ import annotations

from cpal.drivers.devices.parse.asking import XML, Ask


def rpc(name: str, *, optional: bool = False, **arguments: str) -> Ask:
    """An RPC with arguments: element names with `_` for `-`, and their texts; an empty text is an empty element."""
    inside = "".join(_element(word.replace("_", "-"), value) for word, value in arguments.items())
    values = "".join(value for word, value in arguments.items() if word == "instance")
    return Ask(f"<{name}>{inside}</{name}>", XML, optional, recorded=f"{name}{values}")


def _element(name: str, value: str) -> str:
    return f"<{name}>{value}</{name}>" if value else f"<{name}/>"


def configured(path: str, *, optional: bool = False) -> Ask:
    """The part of the configuration at a path of names."""
    names = ["configuration", *path.split("/")]
    opened, last = names[:-1], names[-1]
    tree = "".join(f"<{name}>" for name in opened) + f"<{last}/>" + "".join(f"</{name}>" for name in reversed(opened))
    return Ask(tree, XML, optional)


def configuration(database: str) -> Ask:
    """A whole configuration as text: `candidate` or `committed`."""
    return Ask(
        f'<get-configuration database="{database}" format="text"/>',
        XML,
        recorded=f"get_config__database_{database}__format_text",
    )
