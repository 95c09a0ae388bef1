"""Creating ports in OVN's Northbound database: cpal, raw JSON-RPC in batches, and an ovn-nbctl script.

All make the same ports, each in a switch and a port group, on a fresh ovsdb-server whose file is in memory; switches,
groups and ACLs are there before the clock starts. cpal's time is that of a whole apply at the target: encoding, guarded
transactions, UUIDs, tags, the revision. `raw` is the bound: the same rows, encoded as it goes, without any check, in
batches of several sizes.
A row is a port or one of its memberships.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from bench.estates import declared, id_of
from cpal.core.complete import complete
from cpal.core.diff import diff
from cpal.core.rows import Row, RowKey
from cpal.core.view import Rendering
from cpal.drivers.ovn.backend import OvnBackend
from cpal.faces.cli.main import GARBAGE_THRESHOLD
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.network import Port
from cpal.model.target import Target
from tests.support.ovsdb_server import ovsdb_server

SCHEMA = "/usr/share/ovn/ovn-nb.ovsschema"
OWNER = "2f1c1d52-6f5b-4c7e-9d46-0d9d3b1c7a11"
BATCHES = (1000, 10_000, 40_000)
"""Rows in a transaction of the raw peer, which is the best of these."""
SCRIPT = 250
"""Ports in one call of ovn-nbctl; the groups are then set in one call each."""


@contextmanager
def server() -> Iterator[str]:
    """A fresh Northbound database in memory."""
    memory = Path("/dev/shm")
    folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
    with folder as name, ovsdb_server(SCHEMA, name) as endpoint:
        yield endpoint


def estate(ports: int) -> Estate:
    """The benchmark's estate with so many ports."""
    return EMPTY.replace(Change(None, record) for record in complete(declared(ports), EMPTY))


def wanted(estate: Estate) -> dict[RowKey, Row]:
    """Every row that OVN should hold for the estate."""
    rendering = Rendering(OvnBackend.rules.render, OvnBackend.rules.singletons)
    rendering.accept(rendering.propose(estate, EMPTY.changes_to(estate)))
    return rendering.rows


async def cpal(endpoint: str, ports: int) -> tuple[float, int]:
    """Seconds of the apply that creates the ports, and its rows."""
    target = Target(id=id_of("target"), name="bench", driver="ovn", endpoints={"northbound": endpoint})
    backend = await OvnBackend.connect(target, OWNER)
    for count in (0, ports):
        seen = await backend.observe()
        ops = diff(wanted(estate(count)), seen.rows, backend.rules.tables)
        start = time.perf_counter()
        await backend.apply(ops, seen, 1)
        elapsed = time.perf_counter() - start
    await backend.close()
    return elapsed, len(ops)


class Raw:
    """JSON-RPC over a blocking socket, with nothing around it."""

    def __init__(self, endpoint: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(endpoint.removeprefix("unix:"))

    def transact(self, ops: Sequence[object]) -> None:
        """One transaction, and its answer."""
        self._socket.sendall(msgspec.json.encode({"id": 1, "method": "transact", "params": ["OVN_Northbound", *ops]}))
        answer = b""
        while not answer.endswith(b"}"):
            answer += self._socket.recv(1 << 20)
        failed = [result for result in json.loads(answer)["result"] if result and "error" in result]
        if failed:
            raise RuntimeError(failed[0])


def raw(endpoint: str, ports: int, batch: int) -> tuple[float, int]:
    """Seconds to insert the ports with their memberships, in batches of so many rows, and the rows."""
    peer = Raw(endpoint)
    every = list(estate(ports).all(Port))
    switches = sorted({port.network_id for port in every})
    groups = sorted({group for port in every for group in port.security_groups or ()})
    peer.transact([{"op": "insert", "table": "Logical_Switch", "row": {"name": name}} for name in switches])
    peer.transact([{"op": "insert", "table": "Port_Group", "row": {"name": _group(name)}} for name in groups])
    peer.transact([{"op": "insert", "table": "Port_Group", "row": {"name": "drop"}}])
    dhcp = [{"op": "insert", "table": "DHCP_Options", "uuid": id, "row": {"cidr": "10.0.0.0/8"}} for id in switches]
    peer.transact(dhcp)
    per_batch = max(1, batch // 4)
    start = time.perf_counter()
    for at in range(0, len(every), per_batch):
        peer.transact(_raw_ops(every[at : at + per_batch]))
    return time.perf_counter() - start, 3 * len(every)


def _group(id: str) -> str:
    return "pg_" + id.replace("-", "_")


def _raw_ops(ports: Sequence[Port]) -> list[dict[str, Any]]:
    """Inserts of ports, and one mutation for each switch and group that they join."""
    ops: list[dict[str, Any]] = []
    joined: dict[tuple[str, str], list[list[str]]] = {}
    for port in ports:
        name = "p" + port.id.replace("-", "_")
        ops.append({"op": "insert", "table": "Logical_Switch_Port", "row": _raw_row(port), "uuid-name": name})
        groups = [("Port_Group", group) for group in ("drop", *map(_group, port.security_groups or ()))]
        for container in [("Logical_Switch", port.network_id), *groups]:
            joined.setdefault(container, []).append(["named-uuid", name])
    for (table, holder), members in joined.items():
        mutations = [["ports", "insert", ["set", members]]]
        ops.append({"op": "mutate", "table": table, "where": [["name", "==", holder]], "mutations": mutations})
    return ops


def _raw_row(port: Port) -> dict[str, Any]:
    address = " ".join((port.mac_address, *port.addresses))
    tags = {"cpal:key": f"port/{port.id}", "cpal:name": port.name, "cpal:owner": OWNER, "cpal:row": port.id}
    return {
        "name": port.id,
        "addresses": address,
        "port_security": address,
        "dhcpv4_options": ["uuid", port.network_id],
        "options": ["map", [["requested-chassis", port.host_id]]],
        "external_ids": ["map", [*tags.items()]],
    }


def nbctl(endpoint: str, ports: int) -> tuple[float, int]:
    """Seconds of a script of ovn-nbctl that makes the ports, and the rows."""
    every = list(estate(ports).all(Port))
    groups = sorted({group for port in every for group in port.security_groups or ()})

    def run(words: Sequence[str]) -> None:
        subprocess.run(["ovn-nbctl", f"--db={endpoint}", "--no-wait", *words], check=True, capture_output=True)

    run([word for name in sorted({port.network_id for port in every}) for word in ("--", "ls-add", name)][1:])
    run([word for name in [*map(_group, groups), "drop"] for word in ("--", "pg-add", name)][1:])
    members: dict[str, list[str]] = {"drop": [port.id for port in every]}
    for port in every:
        for group in port.security_groups or ():
            members.setdefault(_group(group), []).append(port.id)
    start = time.perf_counter()
    for at in range(0, len(every), SCRIPT):
        run([word for port in every[at : at + SCRIPT] for word in script(port)][1:])
    for group, ports_of_it in members.items():
        run(["pg-set-ports", group, *ports_of_it])
    return time.perf_counter() - start, 3 * len(every)


def script(port: Port) -> list[str]:
    """The words of ovn-nbctl that make a port."""
    address = " ".join((port.mac_address, *port.addresses))
    words = ["--", "lsp-add", port.network_id, port.id, "--", "lsp-set-addresses", port.id, address]
    words += ["--", "lsp-set-port-security", port.id, address]
    return [*words, "--", "lsp-set-options", port.id, f"requested-chassis={port.host_id}"]


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--ports", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    gc.set_threshold(GARBAGE_THRESHOLD)
    peers: dict[str, Callable[[str], tuple[float, int]]] = {
        **{f"raw, {batch} rows": partial(raw, ports=options.ports, batch=batch) for batch in BATCHES},
        "cpal": lambda endpoint: asyncio.run(cpal(endpoint, options.ports)),
        "ovn-nbctl": lambda endpoint: nbctl(endpoint, options.ports),
    }
    best: dict[str, float] = {}
    for _ in range(options.rounds):
        for name, peer in peers.items():
            with server() as endpoint:
                seconds, rows = peer(endpoint)
            best[name] = max(best.get(name, 0), rows / seconds)
    bound = max(rate for name, rate in best.items() if name.startswith("raw"))
    if options.json:
        print(json.dumps({name: {"rows_per_s": rate, "of_raw": rate / bound} for name, rate in best.items()}))
        return
    for name, rate in best.items():
        print(f"{name:15} {rate:8.0f} rows/s   {rate / bound:6.1%} of the best raw")


if __name__ == "__main__":
    main()
