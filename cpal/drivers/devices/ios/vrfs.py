"""How IOS writes VRFs and interfaces in them: by `vrf definition`, or the older `ip vrf` that routes IPv4 alone. Pure.

A VRF that somebody made in the older form stays in it, and interfaces are put into it by the command of that form: IOS
takes no other. BGP in a VRF needs a route distinguisher, which only has to be the VRF's own at its device.

Source: Cisco IOS Interface and Hardware Component Command Reference, `vrf definition`, `ip vrf`, `vrf forwarding`, `ip
vrf forwarding`, `rd`; `vrf upgrade-cli`; RFC 4364, section 4.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cpal.core.rows import VALUE, Op, Row
from cpal.drivers.devices.make import Lacking
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_bgp import VRF_RD
from cpal.drivers.devices.render_device import VRF, VRF_IPV4, VRF_IPV6, VRF_NTP, VRF_ROUTES, VRF_SYSLOG
from cpal.drivers.devices.render_switch import INTERFACE, INTERFACE_VRF, device_of, key_of, parts_of
from cpal.drivers.devices.settings import Setting
from cpal.drivers.devices.words import Words
from cpal.errors import Conflict, Rejected

OWN_VRFS = ("Mgmt-vrf", "Mgmt-intf")
"""Those of the management port, which Catalysts and ASRs have by themselves."""
_DEFINED, _OLDER = "vrf definition {0}", "ip vrf {0}"
_FORWARDING = "vrf forwarding {value}"
_IPV4, _IPV6 = "address-family ipv4", "address-family ipv6"


def is_own(vrf: str) -> bool:
    """Whether a VRF is there by being configured."""
    return vrf not in OWN_VRFS


def is_older(tree: Tree, vrf: str) -> bool:
    """Whether a VRF was made in the older form."""
    return _OLDER.format(vrf) in tree


def section_of(tree: Tree, vrf: str) -> Tree | None:
    """What is said of a VRF; None where there is none of that name."""
    return tree.get(_DEFINED.format(vrf), tree.get(_OLDER.format(vrf)))


class _OfVrf(Setting):
    """A setting in the section of a VRF, in whichever form that is."""

    def __init__(self, table: str, line: str = "") -> None:
        super().__init__(table, _DEFINED, line)
        self._forms = tuple(
            Setting(table, section, line, holds=is_own, found=bool(line)) for section in (_DEFINED, _OLDER)
        )

    @property
    def sides(self) -> tuple[Setting, ...]:
        """Both forms."""
        return self._forms

    def write(self, tree: Tree, row: Row) -> None:
        """Have the tree say what a row says. Raises Rejected: it is said of a VRF that there is not."""
        vrf = parts_of(row.key)[0]
        if self.lines and (lacking := lacking_vrf(tree, vrf)) is not None:
            raise Rejected(lacking.why, key=device_of(row.key), remedy=lacking.remedy)
        self._forms[is_older(tree, vrf)].write(tree, row)

    def erase(self, tree: Tree, row: Row) -> None:
        """Have the tree say nothing of it."""
        self._forms[is_older(tree, parts_of(row.key)[0])].erase(tree, row)


class _InterfaceVrf(Setting):
    """The VRF of an interface, by the command of the form that the VRF is in."""

    def write(self, tree: Tree, row: Row) -> None:
        """Have the tree say what a row says."""
        super().write(tree, row)
        vrf, path = str(row.columns[VALUE]), self.path(tree, parts_of(row.key))
        line = _FORWARDING.format(value=vrf)
        below = tree[path[0]] if path else {}
        if is_older(tree, vrf) and line in below:
            below[f"ip {line}"] = below.pop(line)


def settings(words: Words) -> tuple[Setting, ...]:
    """How VRFs and the VRFs of interfaces are written."""
    families = ((VRF_IPV4, _IPV4), (VRF_IPV6, _IPV6))
    forwarding = f"{_FORWARDING} | ip {_FORWARDING}"
    return (
        _OfVrf(VRF),
        *(Setting(table, _DEFINED, line, holds=is_own, within=VRF) for table, line in families),
        _OfVrf(VRF_RD, "rd {value}"),
        _InterfaceVrf(INTERFACE_VRF, "interface {0}", forwarding, holds=words.is_interface, within=INTERFACE),
    )


def implied(tree: Tree, device: str) -> Iterator[Row]:
    """What a VRF of the older form routes, of which no line says so."""
    for line in tree:
        vrf = line.removeprefix(_OLDER.format(""))
        if vrf != line and is_own(vrf):
            yield Row(key_of(VRF_IPV4, device, vrf), {VALUE: vrf}, (), key_of(VRF, device, vrf))


# ------------------------------------------------------------------------------------------------ what IOS would refuse


def lacking_vrf(tree: Tree, vrf: str) -> Lacking | None:
    """What is lacking where a configuration has no such VRF."""
    if section_of(tree, vrf) is not None:
        return None
    return Lacking(f"the switch has no VRF {vrf!r}", "declare it, or configure it there; nothing was changed")


def refuse_other_families(tree: Tree, ops: Sequence[Op]) -> None:
    """Raise Conflict where a VRF of the older form, which stays, is to route something else than IPv4."""
    gone = {op.key for op in ops if op.after is None}
    for op in (op for op in ops if op.key.table in (VRF_IPV4, VRF_IPV6)):
        device, (vrf,) = device_of(op.key), parts_of(op.key)
        is_wanted = op.after is not None
        stays = is_older(tree, vrf) and key_of(VRF, device, vrf) not in gone
        if stays and is_wanted is not (op.key.table == VRF_IPV4):
            why = f"others configured `{_OLDER.format(vrf)}` there, which routes IPv4 and nothing else"
            remedy = f"declare [ipv4], or type `vrf upgrade-cli multi-af-mode common-policies vrf {vrf}` there"
            raise Conflict(why, key=str(op.key), remedy=f"{remedy}; nothing was changed")


def refuse_without_vrf(before: Tree, wanted: Tree, ops: Sequence[Op]) -> None:
    """Raise Rejected where something is to be in a VRF that there is not, or has addresses that are not routed there.

    Of what others configured only that which ops would change: as a VRF goes, or a family of it, IOS takes addresses.
    Source: IOS says `% Interface is linked to a VRF. Enable IPv4 on that VRF first.`
    """
    device = device_of(ops[0].key) if ops else ""
    for op in (op for op in ops if op.after is not None and op.key.table in (VRF_NTP, VRF_SYSLOG, VRF_ROUTES)):
        if (lacking := lacking_vrf(wanted, parts_of(op.key)[0])) is not None:
            raise Rejected(lacking.why, key=device, remedy=lacking.remedy)
    for line, section in wanted.items():
        vrf = _vrf_of(section) if line.startswith("interface ") else ""
        if not vrf or (section == before.get(line) and section_of(wanted, vrf) == section_of(before, vrf)):
            continue
        port = line.removeprefix("interface ")
        if (lacking := lacking_vrf(wanted, vrf)) is not None:
            raise Rejected(lacking.why, key=device, remedy=lacking.remedy)
        for family, start in _ADDRESSED.items():
            if any(each.startswith(start) for each in section) and not _routes(wanted, vrf, family):
                why = f"{port} has addresses of a family that VRF {vrf!r} does not route"
                remedy = f"declare the VRF with {family.split()[-1]}, or take its `{start}` lines away"
                raise Rejected(why, key=device, remedy=f"{remedy}; nothing was changed")


_ADDRESSED = {_IPV4: "ip address ", _IPV6: "ipv6 address "}


def _routes(tree: Tree, vrf: str, family: str) -> bool:
    return family == _IPV4 if is_older(tree, vrf) else family in (section_of(tree, vrf) or {})


def _vrf_of(interface: Tree) -> str:
    """The VRF of an interface; "" the default one."""
    starts = ("vrf forwarding ", "ip vrf forwarding ")
    return next((line.split()[-1] for line in interface if line.startswith(starts)), "")
