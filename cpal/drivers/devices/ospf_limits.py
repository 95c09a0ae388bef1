"""What switches can hold of OSPF, where a make writes it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Limit
from cpal.drivers.devices.words import Words
from cpal.model.estate import Estate
from cpal.model.ospf import BGP, Ospf
from cpal.model.target import Target


def refuse_ospf(words: Words, target: Target, record: Ospf) -> Iterator[Cannot]:
    """What a process says that the make does not take, for `Capability.refuse`."""
    if record.device not in target.endpoints:
        return
    if record.vrf and _lacks_vrfs(words):
        yield Cannot("vrf", _in_no_vrf(words), "leave it out")
    most = words.ospf.most_paths
    if record.maximum_paths is not None and most is not None and record.maximum_paths > most:
        yield Cannot("maximum_paths", _of_paths(words), f"a number from 1 to {most}")
    for speaker in record.interfaces:
        if not words.may_name(speaker.interface):
            why = f"{words.title} has no interface {speaker.interface!r}"
            yield Cannot("interfaces", why, f"write it as {words.title} shows it")


def refuse_ospf_together(words: Words, target: Target, record: Ospf, estate: Estate) -> Iterator[Cannot]:
    """What a process says that the make does not take beside what else is declared, for `Capability.refuse_together`.

    An interface that is there only by being configured is to be declared, as nothing else says that it is there.
    """
    if record.device not in target.endpoints:
        return
    there = {each.own_name for kind in ("interface", "lag") for each in estate.find(f"{kind}.device", record.device)}
    for speaker in record.interfaces:
        if words.is_logical(speaker.interface) and speaker.interface not in there:
            why = f"{speaker.interface} is there only by being configured"
            yield Cannot("interfaces", why, f"declare the interface {record.device}/{speaker.interface}")
    if words.ospf.names_as and BGP in record.redistribute and not estate.find("bgp.device", record.device):
        yield Cannot("redistribute", f"{BGP}: {_by_as(words)}", f"declare bgp of {record.device}, or leave it out")
    for other in estate.find("ospf.device", record.device) if words.ospf.numbers_once else ():
        if other.process == record.process and other.vrf < record.vrf:
            where = f"VRF {other.vrf}" if other.vrf else "the default VRF"
            why = f"process {record.process} of {record.device} is in {where} already: {_once(words)}"
            yield Cannot("process", why, "choose another number")


def limits_of_ospf(words: Words) -> tuple[Limit, ...]:
    """In general what the functions above refuse, each in particular."""
    return (
        *([Limit("ospf", "maximum_paths", _of_paths(words))] if words.ospf.most_paths is not None else []),
        *([Limit("ospf", "interfaces", _DECLARED)] if words.logical else []),
        *([Limit("ospf", "redistribute", f"{BGP}: {_by_as(words)}")] if words.ospf.names_as else []),
        *([Limit("ospf", "process", _once(words))] if words.ospf.numbers_once else []),
        *([Limit("ospf", "vrf", _in_no_vrf(words))] if _lacks_vrfs(words) else []),
    )


_DECLARED = "those that are there only by being configured are to be declared as well"


def _lacks_vrfs(words: Words) -> bool:
    return "vrf" not in words.settings


def _in_no_vrf(words: Words) -> str:
    return f"no vrf is written to {words.title} yet"


def _by_as(words: Words) -> str:
    return f"{words.title} redistributes BGP by the number of its AS, which `bgp` of the device says"


def _of_paths(words: Words) -> str:
    return f"{words.title} takes at most {words.ospf.most_paths}"


def _once(words: Words) -> str:
    return f"{words.title} has a process of a number once"
