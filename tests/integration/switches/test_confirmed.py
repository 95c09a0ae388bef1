"""A switch takes back by itself what is not confirmed, and keeps what is: the timers of each make (emulated)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from cpal.core.driver import Seen
from cpal.core.rows import Action, Op, Row, RowKey
from cpal.drivers.devices.switch import SwitchBackend
from cpal.engine.targets import connect
from cpal.errors import Moved
from cpal.model.record import Key
from cpal.model.target import Target
from tests.integration.switches.rack import LEAVES, Rack
from tests.support.emulated import until

OWNER = "6d0c0e6e-0000-4000-8000-000000000001"
RECORD = Key("vlan", "9b2d4f10-0000-4000-8000-000000000001")
OPS = [
    Op(Action.CREATE, None, Row(RowKey("vlan", f"{leaf} 10"), {}, (RECORD,)), "VLAN users is new") for leaf in LEAVES
]
NOTHING = Seen({}, {}, 0)


def at(rack: Rack, work: Callable[[SwitchBackend], Awaitable[None]]) -> None:
    """Do something with a connection of its own, as another process would."""

    async def run() -> None:
        target = Target(
            id="6d0c0e6e-0000-4000-8000-000000000009", name="t", driver=rack.make.driver, endpoints=rack.addresses
        )
        backend = await connect(target, OWNER, rack.folder)
        assert isinstance(backend, SwitchBackend)
        try:
            await work(backend)
        finally:
            await backend.close()

    asyncio.run(run())


async def committed(backend: SwitchBackend, timeout_s: float = 600) -> None:
    """Commit, and die before it is confirmed."""
    assert await backend.prepare(OPS, NOTHING, 7) == LEAVES
    await backend.commit_confirmed(LEAVES, timeout_s)
    await backend.verify()


def test_what_is_prepared_does_not_run(rack: Rack) -> None:
    before = rack.all_shown()

    async def work(backend: SwitchBackend) -> None:
        assert await backend.prepare(OPS, NOTHING, 7) == LEAVES
        assert rack.all_shown() == before
        await backend.revert(7)

    at(rack, work)
    assert rack.all_shown() == before
    assert rack.hands["leaf1"].left() == []


def test_the_timer_takes_it_back_unaided(rack: Rack) -> None:
    before = rack.all_shown()
    for leaf in LEAVES:
        rack.make.hasten(rack.running, leaf)
    at(rack, lambda backend: committed(backend, 1))
    until(lambda: rack.all_shown() == before)

    async def work(backend: SwitchBackend) -> None:
        assert await backend.unconfirmed() == {}
        with pytest.raises(Moved):
            await backend.confirm(7)
        seen = await backend.observe()
        assert (seen.revision, seen.rows) == (0, {})
        assert [key for key in seen.foreign if key.table == "vlan"] == []

    at(rack, work)


@pytest.mark.parametrize("make", ["ios"], indirect=True)
def test_a_confirmation_behind_the_timer_says_that_the_change_is_gone(rack: Rack) -> None:
    before = rack.all_shown()

    async def work(backend: SwitchBackend) -> None:
        await committed(backend)
        (name,) = [each for each, runs in (await backend.devices["leaf1"].candidates()).items() if runs]
        await backend.devices["leaf1"].abort(name)
        with pytest.raises(Moved, match="its timer had taken the change back before it was confirmed"):
            await backend.devices["leaf1"].confirm(name)
        await backend.revert(7)

    at(rack, work)
    assert rack.all_shown() == before


def test_a_reboot_before_the_confirmation_gives_the_old_and_one_after_it_the_new(rack: Rack) -> None:
    before = rack.all_shown()
    at(rack, committed)
    _reboot(rack)
    assert rack.all_shown() == before
    at(rack, committed)
    at(rack, lambda backend: backend.confirm(7))
    confirmed = rack.all_shown()
    assert all("vlan10" in text or "vlan 10" in text for text in confirmed.values())
    _reboot(rack)
    assert rack.all_shown() == confirmed


def test_another_process_confirms_or_takes_back_what_a_dead_one_left(rack: Rack) -> None:
    before = rack.all_shown()

    async def found(backend: SwitchBackend) -> None:
        assert await backend.unconfirmed() == dict.fromkeys(LEAVES, 7)

    at(rack, committed)
    at(rack, found)
    at(rack, lambda backend: backend.revert(7))
    at(rack, lambda backend: backend.revert(7))
    assert rack.all_shown() == before

    async def confirmed(backend: SwitchBackend) -> None:
        await backend.confirm(7)
        await backend.confirm(7)
        assert await backend.unconfirmed() == {}
        seen = await backend.observe()
        assert (seen.revision, set(seen.rows)) == (7, {op.key for op in OPS})

    at(rack, committed)
    at(rack, confirmed)


def _reboot(rack: Rack) -> None:
    for leaf in LEAVES:
        rack.running.order(leaf, "reboot")
    for leaf in LEAVES:
        until(partial(_is_up, rack, leaf))


def _is_up(rack: Rack, leaf: str) -> bool:
    return not rack.running[leaf].device.down and bool(rack.shown(leaf))
