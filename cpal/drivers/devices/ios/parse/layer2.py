"""IOS: LAGs and spanning trees. Source: text of `show etherchannel summary` and `show spanning-tree`."""

from __future__ import annotations

import re

from cpal.drivers.devices.ios.parse.names import is_refused, port
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.cisco_tree import trees
from cpal.model.device.lag import Lag, LagMember, LagMode
from cpal.model.device.spanning_tree import SpanningTree
from cpal.model.device.state import Status

GROUP = re.compile(r"^\d+\s+(Po\d+)\((\w+)\)\s+(\S+)((?:\s+\S+\(\w+\))*(?:\n {20,}(?:\s*\S+\(\w+\))+)*)", re.MULTILINE)
MEMBER = re.compile(r"(\S+)\((\w+)\)")
BUNDLED = ("P", "bndl")
"""The flag of a port that is in use, and what routers of IOS-XE write instead."""
IN_USE = "U"


def lags() -> Asking[tuple[Lag, ...]]:
    """Port-channels, with the ports in them; a protocol of `-` is none."""
    (text,) = yield (Ask("show etherchannel summary", TEXT, optional=True),)
    return tuple(
        Lag(
            name=port(name),
            oper_status=Status.UP if IN_USE in flags else Status.DOWN,
            mode=LagMode.STATIC if protocol == "-" else None,
            members=tuple(
                LagMember(interface=port(member), bundled=any(each in state for each in BUNDLED), state=state)
                for member, state in MEMBER.findall(members)
            ),
        )
        for name, flags, protocol, members in GROUP.findall("" if is_refused(text) else text)
    )


def spanning_tree() -> Asking[tuple[SpanningTree, ...]]:
    """Spanning trees of VLANs or of instances."""
    (text,) = yield (Ask("show spanning-tree", TEXT, optional=True),)
    return trees("" if is_refused(text) else text, port)
