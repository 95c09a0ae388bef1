"""Ask the real Neutron the requests of `answers.txt` and of `faults/` again, and write what it answers there.

    python -m tests.golden.neutron.record_answers

It installs Neutron where it is not, as the benchmarks' peer, and takes some minutes. What stands behind a bar stays.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.peers.neutron.service import Neutron, NeutronCloud, installed
from tests.integration.ovn.central import central
from tests.support.answered import answers, read

FOLDER = Path(__file__).with_name("29.0.0")
IN_FULL = "faults"
"""The folder of those files that have what faults say, too."""


def main() -> None:
    """Ask, and write."""
    with (
        tempfile.TemporaryDirectory(prefix="cpal-answers-") as directory,
        central(Path(directory) / "central") as place,
    ):
        neutron = Neutron(Path(directory) / "neutron", Path(directory) / "neutron.log", venv=installed(), place=place)
        site = NeutronCloud(neutron, place)
        try:
            neutron.start()
            for file in (FOLDER / "answers.txt", *sorted((FOLDER / IN_FULL).glob("*.txt"))):
                record(site, file)
        finally:
            site.close()


def record(site: NeutronCloud, file: Path) -> None:
    """Ask what is in a file, and write the answers there."""
    asked = list(read(file))
    found = list(answers(site, asked, in_full=file.parent.name == IN_FULL))
    written = [each.answered(answer) for each, answer in zip(asked, found, strict=True)]
    file.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    others = sum(each.there != answer for each, answer in zip(asked, found, strict=True))
    print(f"{file.name}: {len(found)} answers, {others} others")


if __name__ == "__main__":
    main()
