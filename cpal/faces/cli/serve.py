"""`cpal serve` and `cpal openrc`: the OpenStack APIs on this store."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path

import click

from cpal.engine.places import home_directory
from cpal.errors import Invalid
from cpal.faces.cli.screen import done, note
from cpal.model.quota import DEFAULT_LIMITS

NETWORKING, IDENTITY, OPERATIONS = 9696, 5000, 9697
"""OpenStack's usual ports, and the one beside them for operators."""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--networking", default=f"127.0.0.1:{NETWORKING}", show_default=True, metavar="HOST:PORT",
              help="Where the Networking API listens.")  # fmt: skip
@click.option("--identity", metavar="HOST:PORT",
              help=f"Where the identity service built in listens.  [default: 127.0.0.1:{IDENTITY}]")  # fmt: skip
@click.option("--networking-url", metavar="URL", help="Where clients reach the Networking API, for the "
              "catalogue: behind a load balancer, or where it listens on every address.")  # fmt: skip
@click.option("--identity-url", metavar="URL", help="Where clients reach the identity service, likewise.")
@click.option("--keystone", metavar="URL", help="Take the tokens of this Keystone; none is built in then.")
@click.option("--nova", metavar="URL", help="Tell this Nova of its servers' ports; `catalogue` asks where it is.")
@click.option("--credentials", type=_FILE,
              help="The service user's OS_* variables, a line each; else they are in the environment.")  # fmt: skip
@click.option("--operations", metavar="HOST:PORT", help="Where /healthz, /readyz and /metrics are answered.")
@click.option("--tls-certificate", type=_FILE, help="Serve with TLS: the certificate chain (PEM).")
@click.option("--tls-key", type=_FILE, help="The certificate's key (PEM).")
@click.option("--policy", type=_FILE, help="A policy file, as Neutron's (YAML or JSON).")
@click.option("--quota", "quotas", multiple=True, metavar="RESOURCE=NUMBER", help="How many of a resource a project "
              "may have that has no quota of its own; -1 is without limit. For each resource anew.")  # fmt: skip
@click.option("--requests-per-second", type=click.FloatRange(min=0), default=0.0, help="At most so many a client.")
@click.option("--while-away", type=click.Choice(["accept", "refuse"]), default="accept", show_default=True,
              help="Writes while a target does not answer: brought there later, or answered 503.")  # fmt: skip
@click.option("--away-after", type=click.FloatRange(min=0.1), default=10.0, show_default=True, metavar="SECONDS",
              help="A target that is silent for so long does not answer.")  # fmt: skip
@click.option("--wait", is_flag=True, help="Where another service has an address, be ready and take it when that "
              "is gone.")  # fmt: skip
@click.option("--log-requests", is_flag=True, help="Write a line to standard error for each request.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="How lines of the log look.")  # fmt: skip
def serve(
    networking: str,
    identity: str | None,
    networking_url: str | None,
    identity_url: str | None,
    keystone: str | None,
    nova: str | None,
    credentials: Path | None,
    operations: str | None,
    tls_certificate: Path | None,
    tls_key: Path | None,
    policy: Path | None,
    quotas: tuple[str, ...],
    requests_per_second: float,
    while_away: str,
    away_after: float,
    wait: bool,
    log_requests: bool,
    log_format: str,
) -> None:
    """Serve the OpenStack Networking API, with an identity service of its own or the tokens of a Keystone."""
    # lazy: only a server needs these
    import uvloop

    # lazy: as above
    from cpal.faces.http.log import begin

    # lazy: as above
    from cpal.faces.serving import Settings, parsed, run

    for option, url in (("--networking-url", networking_url), ("--identity-url", identity_url)):
        if url and not url.startswith(("http://", "https://")):
            raise Invalid(f"{url!r} is no URL", key=option, remedy="write https://HOST:PORT")
        if url and keystone:
            raise Invalid("the catalogue is Keystone's", key=option, remedy="leave it out")
    if (tls_certificate is None) != (tls_key is None):
        raise Invalid("a certificate needs its key, and a key its certificate", key="--tls-certificate, --tls-key",
                      remedy="name both")  # fmt: skip
    _check_others(keystone, identity, credentials, nova)
    begin(sys.stderr, logging.INFO if log_requests else logging.WARNING, log_format == "json")
    settings = Settings(
        parsed(networking, NETWORKING), None if keystone else parsed(identity or f":{IDENTITY}", IDENTITY),
        parsed(operations, OPERATIONS) if operations else None, tls_certificate, tls_key, policy, requests_per_second,
        keystone or "", credentials, nova or "", while_away == "refuse", away_after,
        networking_url or "", identity_url or "", _limits(quotas),
    )  # fmt: skip

    def ready() -> None:
        for option, url in settings.nowhere.items():
            note(f"the catalogue says {url}, by which no client on another machine gets here; name another by {option}")
        where = f"networking at {settings.networking.url(settings.scheme)}"
        if settings.identity is None:
            done(f"{where}, tokens of {settings.keystone}")
        else:
            done(f"{where}, identity at {settings.identity.url(settings.scheme)}/v3; credentials: cpal openrc")

    def waits(address: str) -> None:
        done(f"ready; another service has {address}, which is taken when that is gone")

    uvloop.run(run(home_directory(), settings, ready, waits if wait else None))


def _check_others(keystone: str | None, identity: str | None, credentials: Path | None, nova: str | None) -> None:
    """Raise Invalid where what is said of a Keystone and a Nova does not go together."""
    if keystone and identity:
        raise Invalid("the tokens are either Keystone's or those of the identity service built in",
                      key="--keystone, --identity", remedy="name one of them")  # fmt: skip
    if credentials and not (keystone or nova):
        raise Invalid("only a Keystone and a Nova are asked with credentials", key="--credentials",
                      remedy="name --keystone or --nova too")  # fmt: skip
    if nova and nova != "catalogue" and not nova.startswith(("http://", "https://")):
        raise Invalid(f"{nova!r} is no URL of a Nova", key="--nova", remedy="write http://HOST:8774/v2.1, or catalogue")


def _limits(words: tuple[str, ...]) -> dict[str, int]:
    """The limits that words say, by resource.

    Raises:
        Invalid: a word is none.
    """
    found = {}
    for word in words:
        resource, _, number = word.partition("=")
        if resource not in DEFAULT_LIMITS or not re.fullmatch(r"-1|[0-9]{1,9}", number):
            raise Invalid(f"{word!r} limits nothing", key="--quota", remedy="write RESOURCE=NUMBER, as router=100; "
                          f"the resources are {', '.join(DEFAULT_LIMITS)}")  # fmt: skip
        found[resource] = int(number)
    return found


@click.command()
def openrc() -> None:
    """Print the environment of OpenStack's clients for the administrator: eval "$(cpal openrc)"."""
    # lazy: only this verb needs it
    from cpal.faces.identity import openrc as credentials

    click.echo(credentials.openrc(home_directory()), nl=False)
