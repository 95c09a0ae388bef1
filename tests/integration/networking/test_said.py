"""Odd requests, answered by `cpal serve` as the real Neutron answered them: with its status, its type, and its words.

Wrong types, null, nothing at all, repetitions, bounds, unknown keys, what is in use and what is another's. Recorded of
neutron 29.0.0 with ML2/OVN, by `tests/golden/neutron/record_answers.py`; left out is what Neutron fails at (5xx), and
what the two are meant to differ in.
"""

from __future__ import annotations

import pytest

from tests.source import ROOT
from tests.support.answered import answers, read
from tests.support.cloud import Cloud

FOLDER = ROOT / "tests/golden/neutron/29.0.0/faults"
SUBJECTS = sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_odd_requests_are_answered_in_neutron_s_words(site: Cloud, subject: str) -> None:
    asked = list(read(FOLDER / f"{subject}.txt"))
    found = list(answers(site, asked, in_full=True))
    wrong = [
        f"{each.line}\n    but {answer}" for each, answer in zip(asked, found, strict=True) if answer != each.there
    ]
    assert not wrong, "\n".join(wrong)


def test_what_was_made_on_the_way_is_held_by_ovn(site: Cloud) -> None:
    assert site.ops() == []
