"""A process that is killed in an apply leaves the old state or the new, and the next run knows which."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from cpal.engine.run import Engine
from cpal.model.estate import Estate
from tests.integration.engine.site import Northbound, shape, town
from tests.support.warm import program

ROUNDS = 50
SEED = 20240501
ROWS_A_TRANSACTION = 20
"""So few that an apply is several transactions, and dies between them too."""


class Child:
    """`tests.integration.engine.child`, started and waiting to be killed or to end."""

    def __init__(self, home: Path, nb: Northbound, name: str, *steps: str) -> None:
        words = [program("tests.integration.engine.child")]
        words += [str(home), nb.endpoint, name, str(ROWS_A_TRANSACTION), *steps]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ready(self) -> None:
        """Return when it begins to plan."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", self._process.communicate()

    def kill(self) -> None:
        """Kill it now, unless it ended."""
        self._process.kill()

    def end(self) -> tuple[int, int]:
        """Its exit code when it has ended, and the revision that it was told is applied; 0 for none."""
        out, error = self._process.communicate(timeout=60)
        assert self._process.returncode in (0, -signal.SIGKILL), error
        return self._process.returncode, int(out.removeprefix("applied ") or 0)


async def healed(home: Path, nb: Northbound) -> Estate:
    """The estate after the next run, which finds nothing open, nothing left over and nothing to do a second time."""
    async with Engine(home) as engine:
        await engine.catch_up()
        assert engine.store.revisions("proposed") == []
        await engine.apply(await engine.plan(), "next run", "heal")
        assert (await engine.plan()).empty
        assert engine.store.claims() == dict(engine.estate.claims())
        return engine.estate


def applied(home: Path, nb: Northbound, name: str) -> int:
    """The revision of an apply of a whole town that nobody kills."""
    child = Child(home, nb, name)
    child.ready()
    code, revision = child.end()
    assert code == 0
    assert revision > 0
    return revision


@pytest.mark.parametrize("step", ["propose", "commit", "accept"])
def test_killed_at_a_step_the_next_run_knows_what_happened(nb: Northbound, cpal_home: Path, step: str) -> None:
    before = applied(cpal_home, nb, "spring")
    child = Child(cpal_home, nb, "autumn", step)
    child.ready()
    assert child.end() == (-signal.SIGKILL, 0)
    estate = asyncio.run(healed(cpal_home, nb))
    wanted = "autumn" if step == "accept" else "spring"
    assert shape(estate) == shape(town(nb.endpoint, wanted).estate())
    assert estate.revision == (before + 1 if step == "accept" else before)


def test_killed_at_any_moment_nothing_acknowledged_is_lost(nb: Northbound, cpal_home: Path) -> None:
    names = ("spring", "autumn")
    applied(cpal_home, nb, "spring")
    child = Child(cpal_home, nb, "autumn")
    child.ready()
    began = time.monotonic()
    acknowledged = child.end()[1]
    duration_s = time.monotonic() - began
    towns = {name: shape(town(nb.endpoint, name).estate()) for name in names}
    chance = random.Random(SEED)
    outcomes: Counter[tuple[bool, bool]] = Counter()
    held = "autumn"
    for _ in range(ROUNDS):
        name = names[held == "spring"]
        child = Child(cpal_home, nb, name)
        child.ready()
        time.sleep(chance.uniform(0, duration_s))
        child.kill()
        _, told = child.end()
        estate = asyncio.run(healed(cpal_home, nb))
        assert estate.revision >= max(acknowledged, told)
        assert shape(estate) in (towns[held], towns[name])
        if told:
            assert shape(estate) == towns[name]
        outcomes[bool(told), shape(estate) == towns[name]] += 1
        held = name if shape(estate) == towns[name] else held
        acknowledged = max(acknowledged, told)
    assert outcomes[False, False] > 0, outcomes
    assert outcomes[True, True] > 0, outcomes
    print(outcomes)
