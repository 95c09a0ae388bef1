"""What is really so: the Southbound database, followed by a monitor and read again on demand.

Source: ovn-sb(5), Port_Binding `up`, `chassis`, `tunnel_key`, Chassis, Chassis_Private `nb_cfg`, `nb_cfg_timestamp`,
SB_Global `nb_cfg`, Datapath_Binding; ovn-nb(5), NB_Global `nb_cfg`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cpal.core.driver import PortStatus, TunnelKeys, TunnelName, TunnelNames
from cpal.drivers.ovn.port_status import PortStatuses
from cpal.drivers.ovn.render.names import PREFIX
from cpal.ovsdb.client import Client
from cpal.ovsdb.endpoint import Tls
from cpal.ovsdb.ops import select
from cpal.ovsdb.replica import Changes, Replica
from cpal.ovsdb.rows import RowCodec

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "SB_Global": ("nb_cfg",),
    "Chassis": ("name", "hostname", "encaps", "external_ids", "other_config"),
    "Chassis_Private": ("name", "nb_cfg", "nb_cfg_timestamp"),
    "Encap": ("type", "ip"),
    "Datapath_Binding": ("tunnel_key", "external_ids"),
    "Port_Binding": ("logical_port", "type", "up", "chassis", "tunnel_key", "datapath", "options"),
}
"""What is followed of the Southbound database."""


NAMED: Mapping[str, tuple[str, ...]] = {
    "Datapath_Binding": ("tunnel_key", "external_ids"),
    "Port_Binding": ("logical_port", "tunnel_key", "datapath", "external_ids"),
    "Multicast_Group": ("name", "tunnel_key", "datapath"),
}
"""What says how people call things: northd copies what Neutron writes beside its rows. Source: ovn-sb(5),
`external_ids` of Datapath_Binding (`name2`) and Port_Binding."""
RELOAD_S = 60.0
"""How long what was loaded is relied on at least: an event that was lost must not hide for ever."""
RELOAD_SHARE = 1000
"""Of how much time one part may go into loading all anew: a large database has the whole process wait meanwhile."""
AS_GATEWAY = "enable-chassis-as-gw"
"""The option of a chassis by which it is marked for gateways."""


class ChassisStatus(NamedTuple):
    """A hypervisor as it registered: tunnel endpoints by type, and its bridges by physical network."""

    name: str
    host_name: str
    encaps: Mapping[str, str]
    bridges: Mapping[str, str]
    realised: int
    """The sequence number of the Northbound configuration that it has realised."""
    heard_at: float
    """When it said so, in seconds since the epoch."""
    gateway: bool = False
    """Whether it is marked for gateways (`ovn-cms-options`, enable-chassis-as-gw)."""


def tunnel_names(datapaths: Iterable[Any], ports: Iterable[Any], groups: Iterable[Any]) -> TunnelNames:
    """The names in rows of `NAMED`."""
    numbers, networks = {}, {}
    for row in datapaths:
        numbers[row._uuid] = row.tunnel_key
        networks[row.tunnel_key] = TunnelName(row.external_ids.get("name2") or row.external_ids.get("name", ""))
    found = {(numbers.get(row.datapath, 0), row.tunnel_key): TunnelName(row.name) for row in groups}
    for row in ports:
        name = row.external_ids.get("neutron:port_name") or row.logical_port
        project = row.external_ids.get("neutron:project_id", "")
        found[numbers.get(row.datapath, 0), row.tunnel_key] = TunnelName(name, project)
    return TunnelNames(networks, found)


class Southbound:
    """A connection to the Southbound database with a replica of what status needs."""

    def __init__(self, client: Client, replica: Replica) -> None:
        self._client = client
        self._statuses = PortStatuses(self._chassis_name)
        self._reload_at = time.monotonic() + RELOAD_S
        self._reload: asyncio.Task[None] | None = None
        self._follow(replica)

    @classmethod
    async def connect(cls, endpoints: str, tls: Tls | None = None) -> Southbound:
        """Connect and load. Raises: Unreachable, TimedOut, Invalid."""
        client = await Client.connect(endpoints, "OVN_Southbound", tls)
        try:
            return cls(client, await client.monitor(COLUMNS))
        except BaseException:
            await client.close()
            raise

    async def close(self) -> None:
        """Let go of the connection."""
        if self._reload is not None:
            self._reload.cancel()
        await self._client.close()

    async def keep_fresh(self) -> None:
        """Have everything loaded anew where that was long ago; nobody waits for it while the connection stands.

        Raises: Unreachable, TimedOut.
        """
        if time.monotonic() <= self._reload_at:
            return
        if self._reload is None or self._reload.done():
            self._reload = asyncio.create_task(self.reconcile())
            self._reload.add_done_callback(lambda task: task.cancelled() or task.exception())
        if not self._client.connected:
            await asyncio.shield(self._reload)

    async def reconcile(self) -> None:
        """Load everything anew, whatever the monitor said. Raises: Unreachable, TimedOut."""
        started = time.monotonic()
        fresh = await self._client.monitor(COLUMNS)
        old = self._replica
        self._follow(fresh)
        await self._client.forget(old)
        now = time.monotonic()
        self._reload_at = now + max(RELOAD_S, RELOAD_SHARE * (now - started))

    def _follow(self, replica: Replica) -> None:
        self._replica = replica
        self._statuses.read(self._rows("Port_Binding"))
        replica.watch(self._take)

    def _take(self, changes: Changes) -> None:
        """Take in what changed; where chassis came or went, all bindings may have another host."""
        if any(change.table == "Chassis" for change in changes):
            self._statuses.read(self._rows("Port_Binding"))
            return
        for change in changes:
            if change.table == "Port_Binding":
                self._statuses.take(change.old, change.new)

    async def changed(self) -> None:
        """Return at the next change."""
        await self._replica.changed()

    def ports(self) -> Mapping[str, PortStatus]:
        """The status of each port by its id, as last heard: what is heard later shows in it."""
        return self._statuses.found

    def changed_ports(self) -> Mapping[str, bool]:
        """The ports whose status may have changed since this was last asked, each with whether it was seen to be down.

        When it is asked first, all.
        """
        return self._statuses.changed()

    def keys(self) -> TunnelKeys:
        """What the numbers in tunnel headers mean."""
        numbers = {row._uuid: row.tunnel_key for row in self._rows("Datapath_Binding")}
        networks = {
            row.tunnel_key: row.external_ids.get("name", "").removeprefix(PREFIX)
            for row in self._rows("Datapath_Binding")
        }
        ports = {
            (numbers[row.datapath], row.tunnel_key): row.logical_port
            for row in self._rows("Port_Binding")
            if row.datapath in numbers
        }
        return TunnelKeys(networks, ports)

    async def names(self) -> TunnelNames:
        """What people call datapaths and ports: read now, since only who looks at packets needs it."""
        codecs = [RowCodec(self._client.schema.table(name), columns) for name, columns in NAMED.items()]
        requests = [select(codec.table, [], ("_uuid", *codec.columns)) for codec in codecs]
        results = await self._client.transact(requests)
        return tunnel_names(*(codec.each(result.rows) for codec, result in zip(codecs, results, strict=True)))

    def datapaths(self) -> frozenset[str]:
        """The UUIDs of the switches and routers in the Northbound database that northd has realised."""
        keys = ("logical-switch", "logical-router")
        return frozenset(row.external_ids.get(key, "") for row in self._rows("Datapath_Binding") for key in keys)

    def chassis(self) -> list[ChassisStatus]:
        """The hypervisors that have registered, by name."""
        encaps = self._replica.tables["Encap"]
        told = {row.name: (row.nb_cfg, row.nb_cfg_timestamp / 1e3) for row in self._rows("Chassis_Private")}
        found = []
        for row in self._rows("Chassis"):
            tunnels: list[Any] = [encaps[uuid] for uuid in row.encaps if uuid in encaps]
            mappings = row.other_config.get("ovn-bridge-mappings") or row.external_ids.get("ovn-bridge-mappings", "")
            pairs = (mapping.partition(":") for mapping in mappings.split(",") if mapping)
            bridges = {network.strip(): bridge.strip() for network, _, bridge in pairs}
            addresses = {tunnel.type: tunnel.ip for tunnel in tunnels}
            options = row.other_config.get("ovn-cms-options") or row.external_ids.get("ovn-cms-options", "")
            marked = AS_GATEWAY in options.split(",")
            heard = told.get(row.name, (0, 0.0))
            found.append(ChassisStatus(row.name, row.hostname, addresses, bridges, *heard, marked))
        return sorted(found, key=lambda chassis: chassis.name)

    def processed(self) -> int:
        """The sequence number of the Northbound configuration that northd has translated."""
        return max((row.nb_cfg for row in self._rows("SB_Global")), default=0)

    def settled(self, sequence: int) -> bool:
        """Whether northd, and each chassis with something to do, has realised `sequence`."""
        return self.processed() >= sequence and not self.lagging(sequence)

    def claims(self, router_ports: frozenset[str]) -> dict[str, str]:
        """The chassis that has claimed it, for each of the router ports, by name, that one has."""
        bindings = (row for row in self._rows("Port_Binding") if row.type == "chassisredirect" and row.up)
        named = ((row.logical_port.removeprefix("cr-"), self._chassis_name(row.chassis)) for row in bindings)
        return {port: chassis for port, chassis in named if chassis and port in router_ports}

    def lagging(self, sequence: int) -> list[str]:
        """The chassis that have something to do and have not realised `sequence`.

        Those that carry or are asked to carry a port: one that carries none holds nobody up, alive or dead.
        """
        busy = set()
        for row in self._rows("Port_Binding"):
            busy |= {self._chassis_name(row.chassis), *row.options.get("requested-chassis", "").split(",")}
        busy.discard("")
        return [
            chassis.name
            for chassis in self.chassis()
            if chassis.realised < sequence and busy & {chassis.name, chassis.host_name}
        ]

    def _rows(self, table: str) -> Iterable[Any]:
        return self._replica.tables[table].values()

    def _chassis_name(self, uuid: str | None) -> str:
        row: Any = self._replica.tables["Chassis"].get(uuid) if uuid else None  # type: ignore[call-overload]  # a Uuid
        return row.name if row is not None else ""
