"""Run a command as on a machine of the lab."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from cpal.errors import TimedOut

from . import dhcp
from .fabric.nodes import inside
from .ground import entry
from .layout import Layout
from .plugs import is_leaf
from .records import Finished

_INSIDE = """
mount -t sysfs -o ro sysfs /sys 2>/dev/null || true
if [ -s "$0" ] && [ -e /etc/resolv.conf ]; then mount --bind "$0" /etc/resolv.conf; fi
exec "$@"
"""
"""Runs in a mount namespace of its own, so that nothing of this is seen outside the command."""


def exec_words(layout: Layout, name: str, argv: Sequence[str]) -> list[str]:
    """The words that run `argv` on `name`, which exists."""
    node = name if (layout.directory / name).is_dir() else ""
    variables = [f"{key}={value}" for key, value in layout.tool_environment(node).items()]
    mark = ["env", "-u", "CPAL_LAB_ROLE", f"CPAL_LAB={layout.directory}", *variables]
    if name == "central":
        return [*mark, *argv]
    resolver = layout.workload(name) / "resolv.conf"
    if resolver.parent.is_dir():
        _write_if_changed(resolver, dhcp.resolver(resolver.parent))
    if is_leaf(layout, name):
        return [*inside(layout, name), *mark, *argv]
    network = [*entry(layout), "nsenter", f"--net={layout.namespace_path(name)}", "--"]
    return [*network, *mark, "unshare", "--mount", "sh", "-c", _INSIDE, str(resolver), *argv]


def finish(argv: Sequence[str], timeout_s: float, stdin: str) -> Finished:
    """Run `argv` to its end. Raises TimedOut, after killing it."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        raise TimedOut(f"did not end within {timeout_s:g} s", key=" ".join(argv)) from None
    return Finished(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def _write_if_changed(file: Path, text: str) -> None:
    if not file.exists() or file.read_text() != text:
        fresh = file.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(file)
