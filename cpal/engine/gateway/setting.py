"""What a gateway joins, from a YAML document: all that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
import yaml

from cpal.errors import Fault, Faults, Invalid, NotFound
from cpal.model.record import Part
from cpal.wire import dissect, geneve, stt, vxlan
from cpal.wire.carry import ENCAPSULATIONS, vni_problem

PORTS = {dissect.GENEVE: geneve.PORT, dissect.VXLAN: vxlan.PORT, dissect.STT: stt.PORT}
"""The usual destination ports."""


class End(Part, frozen=True, forbid_unknown_fields=True):
    """One end: how its packets are encapsulated, our address there, and those of the machines beyond.

    `port` is the destination port of UDP where it is not the usual one (VXLAN on old Linux: 8472).
    """

    encapsulation: str
    local: str
    remotes: tuple[str, ...]
    port: int = 0

    @property
    def destination_port(self) -> int:
        """The port that packets are for; 0 where there are none."""
        return self.port or PORTS.get(self.encapsulation, 0)


class Setting(Part, frozen=True, forbid_unknown_fields=True):
    """Ends by name, and networks: the number that each has at the ends that have it."""

    ends: dict[str, End]
    networks: tuple[dict[str, int], ...]


def load(path: Path) -> Setting:
    """The setting in a file.

    Raises:
        NotFound: there is no such file, or it cannot be opened.
        Invalid: it is no YAML.
        Faults: everything that is wrong with it.
    """
    try:
        parsed = yaml.safe_load(path.read_text())
    except OSError as error:
        raise NotFound(f"cannot be read: {error.strerror}", key=str(path)) from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise Invalid(
            f"cannot be read: {error}", key=str(path), remedy="write ends: and networks:, see --help"
        ) from None
    return checked(parsed, str(path))


def checked(parsed: Any, key: str) -> Setting:
    """The setting in a document.

    Raises:
        Faults: everything that is wrong with it.
    """
    try:
        setting = msgspec.convert(parsed, Setting)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at ")
        field = place.strip("`").removeprefix("$.")
        raise Faults((Fault(message, key, field, remedy="see cpal gateway --help"),)) from None
    faults = tuple(Fault(message, key, field, remedy=remedy) for field, message, remedy in _problems(setting))
    if faults:
        raise Faults(faults)
    return setting


def _problems(setting: Setting) -> Iterator[tuple[str, str, str]]:
    if len(setting.ends) < 2:
        yield "ends", "a gateway joins two ends at least", "declare another"
    for name, end in setting.ends.items():
        yield from _end_problems(f"ends.{name}", end)
    yield from _clashes(setting)
    if not setting.networks:
        yield "networks", "nothing is joined", "write the number of a network at each end, such as {a: 5001, b: 5002}"
    taken: dict[tuple[str, int], int] = {}
    for at, network in enumerate(setting.networks):
        yield from _network_problems(f"networks[{at}]", network, setting, taken, at)


def _end_problems(field: str, end: End) -> Iterator[tuple[str, str, str]]:
    if end.encapsulation not in ENCAPSULATIONS:
        yield (
            f"{field}.encapsulation",
            f"no such encapsulation: {end.encapsulation}",
            f"write {' or '.join(ENCAPSULATIONS)}",
        )
    versions = set()
    for where, text in (("local", end.local), *((f"remotes[{at}]", text) for at, text in enumerate(end.remotes))):
        try:
            versions.add(ip_address(text).version)
        except ValueError:
            yield f"{field}.{where}", f"{text!r} is no IP address", "write one, of the underlay"
    if len(versions) > 1:
        yield f"{field}.remotes", "addresses of both IP versions", "make an end of each"
    if not end.remotes:
        yield f"{field}.remotes", "nobody is beyond", "name the machines there"
    if end.port and (end.encapsulation not in PORTS or end.encapsulation == dissect.STT):
        yield f"{field}.port", f"{end.encapsulation} has no other port", "leave it out"
    elif not 0 <= end.port <= 65535:
        yield f"{field}.port", f"{end.port} is no port", "write 1 to 65535"


def _clashes(setting: Setting) -> Iterator[tuple[str, str, str]]:
    """Ends that would get each other's packets: one encapsulation at one address."""
    seen: dict[tuple[str, str, int], str] = {}
    for name, end in setting.ends.items():
        where = (end.encapsulation, end.local, end.destination_port)
        if where in seen:
            message = f"{end.encapsulation} at {end.local} is end {seen[where]} already"
            yield f"ends.{name}", message, "give it another address, or make one end of both"
        seen.setdefault(where, name)


def _network_problems(
    field: str, network: dict[str, int], setting: Setting, taken: dict[tuple[str, int], int], at: int
) -> Iterator[tuple[str, str, str]]:
    if len(network) < 2:
        yield field, "a network is at two ends at least", "write its number at each"
    for name, vni in network.items():
        end = setting.ends.get(name)
        if end is None:
            yield f"{field}.{name}", f"there is no end {name}", f"there are: {', '.join(setting.ends)}"
            continue
        if problem := vni_problem(end.encapsulation, vni):
            yield f"{field}.{name}", f"{vni} cannot be carried: {problem}", "give the network another number there"
        other = taken.setdefault((name, vni), at)
        if other != at:
            yield f"{field}.{name}", f"{vni} is networks[{other}] there already", "give it another number"
