"""`cpal capture`: packets on the underlay as they pass, in names, at both ends of each tunnel at once."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec

from cpal.errors import EXIT_CODES, Disk, Unverified
from cpal.faces import live_capture
from cpal.faces.captures import Object
from cpal.faces.cli.failures import FORMAT
from cpal.faces.cli.opened import opened
from cpal.faces.cli.output import Column, column, print_table, quiet_option
from cpal.faces.cli.packet_text import line_of
from cpal.faces.cli.screen import note, paint
from cpal.faces.hypervisors import hypervisors
from cpal.faces.live_capture import Seen
from cpal.faces.packet_strip import comment
from cpal.faces.tunnel_words import TunnelWords, called, target_called
from cpal.wire import link, pcapng
from cpal.wire.sightings import Sightings, Way

Wanted = Callable[[Object], bool]
BEHIND = (
    "what arrives has left the other hypervisor and come through the underlay; whether the switch then gives it to the "
    "port is not watched here: cpal probe tries that"
)
"""What a capture of the underlay cannot say."""


def _remember(ctx: click.Context, _: click.Parameter, value: str) -> str:
    ctx.meta[FORMAT] = value
    return value


@click.command()
@click.option("--network", metavar="NAME", help="Only packets of a network or router.")
@click.option("--port", metavar="NAME", help="Only packets from or to a port.")
@click.option("--target", default="lab", show_default=True, metavar="NAME", help="Where: the lab, or another OVN.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write a pcapng too, with names.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="End by itself; else by Ctrl-C.")
@click.option(
    "--format", "form", type=click.Choice(("table", "jsonl")), default="table", show_default=True, is_eager=True,
    callback=_remember, help="How to print it.",
)  # fmt: skip
@quiet_option
def capture(
    network: str | None, port: str | None, target: str, output: Path | None, seconds: float | None, form: str
) -> int:
    """Show packets on the underlay as they pass, in names, until Ctrl-C.

    tcpdump listens on every hypervisor of the target, in the lab or by ssh at its host name. A packet that left one and
    did not arrive at the other within two seconds is told as vanished; inner TCP data is compared by its bytes at the
    end, since network cards cut and join it. Only the links that tunnels leave by are watched: what a hypervisor drops
    on its side of the tunnel, by a security group say, never left or did arrive. Exits with 0 only when nothing
    vanished. The pcapng holds what was seen at every end, and the names as comments, which Wireshark shows.
    """
    with opened() as session:
        place = target_called(target, session.estate)
        keys, names, seen = session.tunnels_of(place)
        words, (hosts, run, argv) = (
            TunnelWords(session.estate, place, keys, names, seen),
            hypervisors(seen, session.lab),
        )
    wanted = _wanted(words, network, port)
    sightings: Sightings[Object] = Sightings()
    with ExitStack() as stack:
        out = _Writer(stack.enter_context(_opened(output)), sorted(hosts)) if output else None
        places = live_capture.links(hosts, run)
        passing = live_capture.listening(places, argv, live_capture.after(seconds))
        watched = ", ".join(f"{name} of {host}" for host, name in places)
        with _until_told(), suppress(KeyboardInterrupt):
            _follow(passing, words, wanted, sightings, form, out, watched)
        passing.close()
    return _tell_end(sightings, form)


@contextmanager
def _until_told() -> Iterator[None]:
    """Ctrl-C and `kill` both raise KeyboardInterrupt, also where who started the program had it ignore them."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wanted(words: TunnelWords, network: str | None, port: str | None) -> Wanted:
    """What says whether a packet is wanted.

    Raises:
        NotFound: nothing is called so.
    """
    networks = called(network, words.networks(), "network") if network else set()
    ports = called(port, words.ports(), "port") if port else set()

    def wanted(told: Object) -> bool:
        return any(
            (not networks or tunnel.get("network") in networks)
            and (not ports or bool({tunnel.get("from"), tunnel.get("to")} & ports))
            for tunnel in told["tunnels"]
        )

    return wanted


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise Disk(f"cannot be written: {error.strerror}", key=str(path)) from error


class _Writer:
    """A pcapng with an interface for each hypervisor."""

    def __init__(self, out: BinaryIO, hosts: list[str]) -> None:
        self._out = out
        self._numbers = {host: number for number, host in enumerate(hosts)}
        out.write(pcapng.write_section() + b"".join(pcapng.write_interface(host, link.ETHERNET) for host in hosts))

    def write(self, seen: Seen, told: Object) -> None:
        """A packet with its names."""
        names = comment(told["tunnels"][0])
        self._out.write(pcapng.write_packet(self._numbers[seen.host], seen.record, names))
        self._out.flush()


def _follow(
    found: Iterator[Seen | None], words: TunnelWords, wanted: Wanted, sightings: Sightings[Object], form: str,
    out: _Writer | None, watched: str,
) -> None:  # fmt: skip
    """Show what passes; the first None says that all are listening."""
    hosts = words.addresses()
    is_first = True
    for seen in found:
        if is_first:
            note(f"listening on {watched}")
            note(BEHIND)
            is_first = False
        if seen is not None:
            told = {"host": seen.host, **words.tell(seen.told)}
            if not wanted(told):
                continue
            _show(told, form)
            if out:
                out.write(seen, told)
            way = (hosts.get(told["outer"]["src"], ""), hosts.get(told["outer"]["dst"], ""))
            if seen.host in way and all(way):
                sightings.add(seen.packet, seen.host, way, told, time.monotonic_ns())
        for lost in sightings.vanished(time.monotonic_ns()):
            _show({**lost, "vanished": True}, form)


def _show(told: Object, form: str) -> None:
    if form == "jsonl":
        whole = {**told, "time": msgspec.Raw(told["time"].encode())}
        sys.stdout.buffer.write(msgspec.json.encode(whole) + b"\n")
        sys.stdout.buffer.flush()
        return
    _, _, moment, outer, kind, network, inner, protocol, faults = line_of("", told)
    text = "  ".join(word for word in (moment, told["host"], outer, kind, network, inner, protocol, faults) if word)
    click.echo(paint(f"vanished  {text}", fg="red") if told.get("vanished") else text)


def _tell_end(sightings: Sightings[Object], form: str) -> int:
    """Tell what is still missing, and count; the exit code."""
    for lost in sightings.vanished(time.monotonic_ns()):
        _show({**lost, "vanished": True}, form)
    ways = sightings.ways()
    rows = [{"from": a, "to": b, **way._asdict(), "verdict": _verdict(way)} for (a, b), way in sorted(ways.items())]
    if form == "table" and rows:
        click.echo()
        print_table(rows, [_column(name) for name in ("from", "to", *Way._fields, "verdict")])
    return EXIT_CODES[Unverified] if any(row["verdict"] for row in rows) else 0


def _column(name: str) -> Column:
    return column(name, {"bytes_left": "TCP bytes left", "bytes_arrived": "TCP bytes arrived"}.get(name, ""))


def _verdict(way: Way) -> str:
    """What is wrong with a way; nothing where all arrived."""
    wrong: list[Any] = [f"{way.vanished} vanished"] if way.vanished else []
    if way.bytes_left > way.bytes_arrived:
        wrong.append(f"{way.bytes_left - way.bytes_arrived} TCP bytes missing")
    return ", ".join(wrong)
