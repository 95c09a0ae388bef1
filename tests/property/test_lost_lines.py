"""What others have inside what is cpal's comes back with it, at each make: there and back is the very same tree."""

from __future__ import annotations

from functools import partial
from random import Random

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from cpal.core.diff import diff
from cpal.core.rows import VALUE, Row, RowKey
from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.ios.target import MAKE as IOS
from cpal.drivers.devices.junos.target import MAKE as JUNOS
from cpal.drivers.devices.lost import lost, restored
from cpal.drivers.devices.make import Make
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.parse.tree import Path, Tree, copied, lines_of, put
from cpal.drivers.devices.render_acl import ACL
from cpal.drivers.devices.render_classifier import CLASS_ACL
from cpal.drivers.devices.render_switch import key_of
from cpal.drivers.devices.switch import Writing
from cpal.errors import Conflict, Rejected
from tests.conformance.rules import DRAWN
from tests.conformance.wanted import contents, wanted
from tests.property.test_junos_render import BY_HAND
from tests.support.switch_estates import switch_estates

MAKES: tuple[Writing, ...] = (EOS, NXOS, IOS, JUNOS)
AT = "leaf1"
FEWER = settings(DRAWN, max_examples=8)


def begun(make: Writing) -> Tree:
    """What is configured before anything is declared."""
    if not isinstance(make, Make):
        return make.tree(BY_HAND)
    needed = [line for lines in make.needs.values() for line in lines]
    others: Tree = {"router bgp 64601": {"bgp log-neighbor-changes": {}}, "interface nve1": {}}
    return {line: {} for line in (*needed, "vtp mode transparent")} | others


def rows_at(make: Writing, data: st.DataObject) -> dict[RowKey, Row]:
    """What an estate wants of a device."""
    rows = wanted(make.rules, data.draw(switch_estates(make.rules.name, leaves=make is not IOS)))
    return {key: row for key, row in rows.items() if key.name.split()[0] == AT}


def ordered(make: Writing, tree: Tree) -> dict[Path, list[str]]:
    """The lines of each section whose order counts, in that order."""
    found: dict[Path, list[str]] = {}
    for *above, line in lines_of(tree):
        if make.is_ordered(line):
            found.setdefault((*above,), []).append(line)
    return found


def within(rows: dict[RowKey, Row]) -> dict[RowKey, Row]:
    """The rows without those that are in one that is not among them."""
    left = {key: row for key, row in rows.items() if row.within is None or row.within in rows}
    return rows if len(left) == len(rows) else within(left)


@pytest.mark.parametrize("make", MAKES, ids=lambda make: make.rules.name)
@FEWER
@given(data=st.data(), chance=st.integers(0, 2**32))
def test_what_others_have_inside_comes_back(make: Writing, data: st.DataObject, chance: int) -> None:
    rows, tables, read, choose = rows_at(make, data), make.rules.tables, partial(make.rows, device=AT), Random(chance)
    records = sorted({key for row in rows.values() for key in row.because if key.kind != "interface"})
    gone = set(choose.sample(records, choose.randint(0, len(records))))
    left = within({key: row for key, row in rows.items() if not gone.issuperset(row.because)})
    used = {key_of(ACL, AT, row.columns[VALUE]) for row in left.values() if row.key.table == CLASS_ACL}
    assume(left.keys() >= used)  # what the estate's checks see to
    before = make.edited(begun(make), diff(rows, {}, tables), {})
    sections = sorted({path[:-1] for path in lines_of(before) if len(path) > 1})
    for n, path in enumerate(choose.sample(sections, min(4, len(sections)))):
        inside = copied(before)
        put(inside, (*path, f"of-others {n}"))
        before = inside if contents(read(inside)) == contents(read(before)) else before
    kept, ops, back = copied(before), diff(left, rows, tables), diff(rows, left, tables)

    try:
        after = make.edited(before, ops, rows)
        again = make.edited(after, back, left)
    except (Conflict, Rejected):  # what others have inside stays, and is in the way; what needs the other is to stay
        reject()
    losses = lost(AT, before, after, ops, tables, partial(make.edited, ours=left), read, make.is_ordered)
    assert before == kept
    found = restored(again, back, losses, read, make.is_default).tree
    assert found == before
    assert ordered(make, found) == ordered(make, before)
    put(after, ("of-others 9",))
    assert restored(make.edited(after, back, left), back, losses, read, make.is_default).tree == {
        **before,
        "of-others 9": {},
    }
