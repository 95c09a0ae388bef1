"""`cpal serve` and `cpal openrc`: the OpenStack APIs on this store."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from cpal.faces.cli.screen import done
from cpal.faces.session import home_directory

NETWORKING, IDENTITY = 9696, 5000
"""OpenStack's usual ports."""


@click.command()
@click.option("--networking", default=f"127.0.0.1:{NETWORKING}", show_default=True, metavar="HOST:PORT",
              help="Where the Networking API listens.")  # fmt: skip
@click.option("--identity", default=f"127.0.0.1:{IDENTITY}", show_default=True, metavar="HOST:PORT",
              help="Where the identity service listens.")  # fmt: skip
@click.option("--policy", type=click.Path(path_type=Path), help="A policy file, as Neutron's (YAML or JSON).")
@click.option("--log-requests", is_flag=True, help="Write a line to standard error for each request.")
def serve(networking: str, identity: str, policy: Path | None, log_requests: bool) -> None:
    """Serve the OpenStack Networking API, with an identity service of its own."""
    # lazy: only a server needs these
    import uvloop

    # lazy: as above
    from cpal.faces.serving import parsed, run

    logging.basicConfig(level=logging.INFO if log_requests else logging.WARNING, stream=sys.stderr,
                        format="%(asctime)s %(levelname)s %(name)s %(message)s")  # fmt: skip
    network, people = parsed(networking, NETWORKING), parsed(identity, IDENTITY)

    def ready() -> None:
        done(f"networking at {network.url}, identity at {people.url}/v3; credentials: cpal openrc")

    uvloop.run(run(home_directory(), network, people, policy, ready))


@click.command()
def openrc() -> None:
    """Print the environment of OpenStack's clients for the administrator: eval "$(cpal openrc)"."""
    # lazy: only this verb needs it
    from cpal.faces.identity import openrc as credentials

    click.echo(credentials.openrc(home_directory()), nl=False)
