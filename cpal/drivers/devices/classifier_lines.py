"""How Arista's and Cisco's switches write what marks packets: class maps, policy maps, service policies. Pure.

Source: Arista EOS user manual, "Quality of Service", "Traffic Management"; Cisco Nexus 9000 Series NX-OS Quality of
Service Configuration Guide, "Configuring Classification", "Configuring Marking"; Cisco IOS Quality of Service Solutions
Command Reference, `class-map`, `policy-map`, `set dscp`; names of DSCPs: RFC 2474, RFC 2597, RFC 3246.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cpal.core.rows import VALUE, Row, Value
from cpal.drivers.devices.parse.tree import Tree, put, section
from cpal.drivers.devices.render_classifier import CLASS, CLASS_ACL, CLASS_DSCP, CLASSES, POLICY, SET_DSCP
from cpal.drivers.devices.render_switch import INGRESS_CLASSIFIER, parts_of
from cpal.drivers.devices.settings import Setting

_NAMES: Mapping[str, int] = {
    "default": 0,
    "be": 0,
    "ef": 46,
    **{f"cs{n}": 8 * n for n in range(8)},
    **{f"af{n}{drop}": 8 * n + 2 * drop for n in range(1, 5) for drop in range(1, 4)},
}
_REST = "class class-default"
_BEGIN = "class "


def dscp(text: str) -> Value:
    """A DSCP by its number; several, or what is none, as they stand."""
    return int(text) if text.isdecimal() else _NAMES.get(text, text)


class _Classes(Setting):
    """The classes that a policy names, in their order; the one of all that is in no other stays where it is."""

    def write(self, tree: Tree, row: Row) -> None:
        """Have the policy name these classes; what it says of one that it named before stays."""
        below = put(tree, self.path(tree, parts_of(row.key)) or ())
        held = {line: below.pop(line) for line in _named(below)}
        rest = {line: below.pop(line) for line in list(below)}
        wanted = [f"{_BEGIN}{name}" for name in str(row.columns[VALUE]).split()]
        below.update({line: held.get(line, {}) for line in wanted} | rest)

    def erase(self, tree: Tree, row: Row) -> None:
        """Have the policy name none."""
        below = section(tree, self.path(tree, parts_of(row.key)) or ())
        for line in _named(below or {}):
            if below is not None:
                del below[line]

    def _values(self, section: Tree, about: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Value]]:
        yield (), " ".join(line.removeprefix(_BEGIN) for line in _named(section))


def _named(section: Tree) -> list[str]:
    return [line for line in section if line.startswith(_BEGIN) and line != _REST]


def of_classifiers(classes: str, acl: str, policies: str, asked: Callable[[str], Setting]) -> Sequence[Setting]:
    """The settings of what marks packets: `asked` makes that of the interfaces which ask it."""
    return (
        Setting(CLASS, classes),
        Setting(CLASS_ACL, classes, acl, within=CLASS),
        Setting(CLASS_DSCP, classes, "match dscp {value}", convert=dscp, within=CLASS),
        Setting(POLICY, policies),
        _Classes(CLASSES, policies, _BEGIN + "{value}", within=POLICY),
        Setting(SET_DSCP, f"{policies} / class {{1}}", "set dscp {value}", convert=dscp, within=POLICY),
        asked(INGRESS_CLASSIFIER),
    )
