"""FRR: echoes by the program of the host that it runs on, in the VRF as zebra has it. Source: ping(8) of iputils."""

from __future__ import annotations

from cpal.drivers.devices.frr.parse.vrfs import DEFAULT, SHOW_VRF, vrfs
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.ping import echoes, printed, program
from cpal.errors import NotFound
from cpal.model.device.ping import COUNT, WAIT_S, Ping


def ping(
    destination: str, source: str | None = None, vrf: str | None = None, count: int = COUNT, wait_s: int = WAIT_S
) -> Asking[Ping]:
    """Send echoes to a destination, and tell what came back.

    Raises:
        Invalid: what cannot be typed.
        NotFound: the router has no such VRF.
    """
    wanted = echoes(destination, source, vrf, count, wait_s)
    inside = ""
    if vrf is not None:
        (told,) = yield (SHOW_VRF,)
        known = {each.name: each.namespace for each in vrfs(told)}
        if vrf not in known:
            raise NotFound("the router has no such VRF", key=vrf, remedy=f"it has {', '.join(known)}")
        if vrf != DEFAULT:
            inside = f"ip netns exec {known[vrf]}" if known[vrf] else f"ip vrf exec {vrf}"
    (text,) = yield (Ask(program(wanted, inside), TEXT),)
    return printed(text, wanted)
