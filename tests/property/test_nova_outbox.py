"""Whatever happens, a Nova that is told in the end believes what is so: in order, and from few notices."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cpal.core.driver import PortStatus
from cpal.faces.nova.events import DELETED, PLUGGED, UNPLUGGED, Event, Plug, events_of, plug_events, plug_of
from cpal.faces.nova.outbox import Outbox
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.network import Port

PORTS = tuple(f"port-{number}" for number in range(3))
SERVERS = tuple(f"{number}" * 8 + "-0000-4000-8000-000000000000" for number in range(1, 4))
HOSTS = ("", "hv1", "hv2")


class Step(NamedTuple):
    """Something that happens to a port: a claim by a host ("" ends it), a name, a server, its end; or to the outbox."""

    what: str
    port: str = PORTS[0]
    value: str = ""


STEPS = st.one_of(
    st.builds(Step, st.just("claim"), st.sampled_from(PORTS), st.sampled_from(HOSTS)),
    st.builds(Step, st.just("name"), st.sampled_from(PORTS), st.sampled_from("ab")),
    st.builds(Step, st.just("server"), st.sampled_from(PORTS), st.sampled_from(("", *SERVERS))),
    st.builds(Step, st.sampled_from(("make", "delete", "postpone")), st.sampled_from(PORTS)),
    st.builds(Step, st.sampled_from(("look", "tell", "lose", "restart"))),
)


class World:
    """Ports, claims, the outbox on disk, and a Nova that believes what it heard."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.estate: Estate = EMPTY.replace((), 1)
        self.claims: dict[str, PortStatus] = {}
        self.log: list[tuple[int, Change]] = []
        self.believed: dict[str, str] = {}
        self.last: dict[str, int] = {}
        self.postponed: set[str] = set()
        self.outbox = Outbox(home, "owner", 1)

    def change(self, before: Port | None, after: Port | None) -> None:
        """Write to the log."""
        change = Change(before, after)
        self.estate = self.estate.replace([change], self.estate.revision + 1)
        self.log.append((self.estate.revision, change))

    def look(self) -> None:
        """What the loop does: the log since last time, and what is level."""
        changes = [change for number, change in self.log if number > self.outbox.revision]
        events, plugs = list(events_of(changes, self.estate)), dict[str, Plug | None]()
        for id in PORTS:
            port, told = self.estate.get(Port, id), self.outbox.told.get(id)
            now = plug_of(port, self.claims.get(id))
            if told != now:
                plugs[id] = now
                events += plug_events(id, told, port, now)
        self.outbox.keep(events, plugs, self.estate.revision)

    def tell(self, is_lost: bool = False) -> bool:
        """Tell Nova; the answer may be lost, and then it is told again. Whether there was anything."""
        notices = self.outbox.next(2, self.postponed)
        assert len({notice.event.port for notice in notices}) == len(notices)
        for number, event, _ in notices:
            assert number >= self.last.get(event.port, 0), "out of order"
            self.last[event.port] = number
            self.hear(event)
        if not is_lost:
            self.outbox.heard(notices)
        return bool(notices)

    def hear(self, event: Event) -> None:
        """What Nova makes of it."""
        if event.name in (PLUGGED, UNPLUGGED):
            self.believed[event.port] = event.server if event.name == PLUGGED else ""
        elif event.name == DELETED:
            self.believed.pop(event.port, None)

    def take(self, step: Step) -> None:
        """Let it happen."""
        port = self.estate.get(Port, step.port)
        if step.what == "claim":
            self.claims[step.port] = PortStatus("ACTIVE" if step.value else "DOWN", step.value)
        elif step.what == "make" and port is None:
            owner = "compute:nova"
            self.change(None, Port(id=step.port, network_id="net", device_id=SERVERS[0], device_owner=owner))
        elif step.what == "delete" and port is not None:
            self.change(port, None)
            self.claims.pop(step.port, None)
        elif step.what in ("name", "server") and port is not None:
            after = replace(port, **{"name" if step.what == "name" else "device_id": step.value})
            if after != port:
                self.change(port, after)
        elif step.what == "restart":
            self.outbox.close()
            self.outbox = Outbox(self.home, "owner", self.estate.revision)
        elif step.what == "postpone":
            self.postponed ^= {step.port}
        elif step.what == "look":
            self.look()
        elif step.what in ("tell", "lose"):
            self.tell(step.what == "lose")


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=40))
def test_nova_believes_in_the_end_what_is_so(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory))
        for step in steps:
            world.take(step)
            assert len(world.outbox) <= 3 * len(PORTS)
        world.postponed.clear()
        world.look()
        while world.tell():
            pass
        for id in PORTS:
            now = plug_of(world.estate.get(Port, id), world.claims.get(id))
            if now is not None:
                assert world.believed.get(id) == now.server
            elif (port := world.estate.get(Port, id)) is not None and world.believed.get(id):
                assert world.believed[id] != port.device_id
        world.look()
        assert not world.tell()
        world.outbox.close()
