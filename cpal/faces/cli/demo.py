"""`make demo`: the tutorial without the words. It runs the same commands that a person would type, and shows them."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from cpal.errors import EXIT_CODES, Unverified
from cpal.faces.cli import main as cli
from cpal.faces.cli.screen import paint
from cpal.faces.packets import NamedPacket, capturing, first_named
from cpal.faces.session import Session

EXAMPLE = Path("examples/two-tenants.yaml")
NEXT = """\
Try next:
  {cpal} get ports                               what is there, and whether OVN really claims it
  {cpal} lab exec red/web1 -- ping -c3 10.0.2.1  be one of the workloads
  edit {example}, then {cpal} plan {example}
  {cpal} undo                                    take the last revision back
Take it all down:
  {cpal} destroy {example} && {cpal} lab down
"""


def main() -> int:
    """Show the main job; the exit code of the first step that fails, else 0."""
    for words in (
        ["lab", "up", "--hypervisors", "2"],
        ["plan", str(EXAMPLE)],
        ["apply", str(EXAMPLE), "--yes"],
        ["topology"],
    ):
        code = _step(words)
        if code:
            return code
    code, packet = _probed()
    click.echo(paint("\nOne packet of the underlay, with its names", bold=True))
    for name, said in packet.layers if packet else ():
        click.echo(f"  {name:9} {said}")
    program = "sudo .venv/bin/cpal" if "SUDO_USER" in os.environ else ".venv/bin/cpal"
    click.echo("\n" + NEXT.format(cpal=program, example=EXAMPLE))
    return code if packet else EXIT_CODES[Unverified]


def _probed() -> tuple[int, NamedPacket | None]:
    """The exit code of the probe, and a packet that crossed the underlay meanwhile."""
    with tempfile.TemporaryDirectory(prefix="cpal-") as folder, Session() as session:
        path = Path(folder) / "underlay.pcap"
        with capturing(session.lab, path):
            code = _step(["probe"])
        return code, first_named(path.read_bytes(), session.tunnel_keys(), session.estate)


def _step(words: list[str]) -> int:
    click.echo(paint(f"\n$ cpal {' '.join(words)}", bold=True))
    return cli.run(words)


if __name__ == "__main__":
    sys.exit(main())
