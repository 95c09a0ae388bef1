"""Ask the real Neutron the requests of `answers.txt` again, and write what it answers there.

    python -m tests.golden.neutron.record_answers

It installs Neutron where it is not, as the benchmarks' peer, and takes some minutes. What stands behind a bar stays.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.peers.neutron.service import Neutron, NeutronCloud, installed
from tests.integration.ovn.central import central
from tests.support.answered import answers, read

RECORDED = Path(__file__).with_name("29.0.0") / "answers.txt"


def main() -> None:
    """Ask, and write."""
    asked = list(read(RECORDED))
    with (
        tempfile.TemporaryDirectory(prefix="cpal-answers-") as directory,
        central(Path(directory) / "central") as place,
    ):
        neutron = Neutron(Path(directory) / "neutron", Path(directory) / "neutron.log", venv=installed(), place=place)
        site = NeutronCloud(neutron, place)
        try:
            neutron.start()
            found = list(answers(site, asked))
        finally:
            site.close()
    written = [each.answered(answer) for each, answer in zip(asked, found, strict=True)]
    RECORDED.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    print(
        f"{len(found)} answers, {sum(each.there != answer for each, answer in zip(asked, found, strict=True))} others"
    )


if __name__ == "__main__":
    main()
