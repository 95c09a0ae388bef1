"""What a suite came to, with the commit it ran on: `results/SUITE.json`, which is kept under version control."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.source import ROOT

FOLDER = Path(__file__).parent / "results"


def publish(
    suite: str,
    passed: int,
    failed: Mapping[str, str],
    skipped: Mapping[str, int],
    figures: Mapping[str, object] | None = None,
) -> int:
    """Write how many passed, what failed and why, how many were skipped for which reason, what was measured.

    Returns the exit code.
    """
    found = {
        "suite": suite,
        "commit": _git("rev-parse", "HEAD"),
        "changed_since": _git("status", "--porcelain", "cpal").splitlines(),
        "passed": passed,
        "failed": dict(sorted(failed.items())),
        "skipped": dict(sorted(skipped.items())),
        **({"figures": dict(figures)} if figures else {}),
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{suite}.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"{suite}: {passed} passed, {len(failed)} failed, {sum(skipped.values())} skipped")
    for name, why in sorted(failed.items()):
        print(f"  {name}: {why}")
    return 1 if failed else 0


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
