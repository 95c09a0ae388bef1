"""What the real Neutron answered, asked of `cpal serve`: each answer the same, or another for a reason that is given.

Recorded: status and fault of each, of neutron 29.0.0 with ML2/OVN, by `tests/golden/neutron/record_answers.py`.
"""

from __future__ import annotations

from tests.source import ROOT
from tests.support.answered import answers, read
from tests.support.cloud import Cloud

RECORDED = ROOT / "tests/golden/neutron/29.0.0/answers.txt"
REASONS = {
    "engine": "OVN, or a host with one interface in each physical network, cannot hold it",
    "unserved": "it belongs to an extension that is not among those told of",
    "lenient": "it is taken, or filtered and sorted by, where Neutron refuses",
    "strict": "it is refused with a reason, where Neutron takes it or lets it pass unread",
    "order": "of several things that are wrong another is told first, as what is not to be seen",
    "words": "the same status, with another type of fault",
    "follows": "what it is about is another since an earlier answer was another",
}


def test_answers_are_neutron_s_or_differ_for_a_reason(own_site: Cloud) -> None:
    asked = list(read(RECORDED))
    found = list(answers(own_site, asked))
    wrong = [f"{each.line}\n    but {answer}" for each, answer in zip(asked, found, strict=True) if answer != each.here]
    assert not wrong, "\n".join(wrong)
    assert own_site.ops() == []


def test_reasons_are_those_there_are() -> None:
    asked = list(read(RECORDED))
    assert {each.why for each in asked} == {"", *REASONS}
    for each in asked:
        assert bool(each.why) == (each.here != each.there), each.line
        assert not each.here.startswith("5"), each.line
        assert (each.why == "words") <= (each.here[:3] == each.there[:3]), each.line
