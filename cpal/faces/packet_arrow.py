"""Packets as Arrow's columns: an Arrow file (IPC) or Parquet, written batch by batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cpal.faces.captures import Part, text_of
from cpal.faces.tunnel_words import TunnelWords
from cpal.wire.columns import INNER_PORTS, NO_VNI, OUTER_PORTS, OVN, Batch
from cpal.wire.dissect import TUNNELS
from cpal.wire.filters import Filter

_TUNNEL = pa.struct([("type", pa.string()), ("vni", pa.uint32())])


def _ends(side: str) -> list[tuple[str, Any]]:
    return [
        (f"{side}_src", pa.string()), (f"{side}_dst", pa.string()), (f"{side}_sport", pa.uint16()),
        (f"{side}_dport", pa.uint16()), (f"{side}_proto", pa.uint8()),
    ]  # fmt: skip


SCHEMA = pa.schema(
    [
        ("file", pa.string()), ("frame", pa.uint64()), ("time", pa.timestamp("ns", tz="UTC")), ("length", pa.uint32()),
        ("captured", pa.uint32()), *_ends("outer"), ("tunnel", pa.string()), ("vni", pa.uint32()),
        ("tunnels", pa.list_(_TUNNEL)), ("options", pa.binary()), ("ovn_ingress", pa.uint16()),
        ("ovn_egress", pa.uint16()), *_ends("inner"), ("faults", pa.list_(pa.string())),
        *((name, pa.string()) for name in ("src_host", "dst_host", "network", "from", "to")),
    ]
)  # fmt: skip
"""The columns. `tunnel`, `vni`, `options` (Geneve's, as they are on the wire) and OVN's keys are those of the outermost
tunnel; `tunnels` has all of them. The last five are names, of a target: of several tunnels with `/` between, from the
outside in, as in CSV."""


def write(
    found: Iterable[tuple[str, Part]], where: Filter | None, words: TunnelWords | None, form: str, out: BinaryIO
) -> None:
    """Write the packets that are wanted in one of the forms: `arrow` or `parquet`."""
    if form == "parquet":
        with pq.ParquetWriter(out, SCHEMA, compression="zstd") as writer:
            _write(found, where, words, writer.write_batch)
    else:
        with pa.ipc.new_file(out, SCHEMA) as writer:
            _write(found, where, words, writer.write_batch)


LEAST = 1 << 16
"""Rows that are written together."""


def _write(
    found: Iterable[tuple[str, Part]], where: Filter | None, words: TunnelWords | None, write_batch: Any
) -> None:
    waiting: list[Any] = []
    for file, part in found:
        waiting.append(record_batch(file, part, where, words))
        if sum(map(len, waiting)) >= LEAST:
            _flush(waiting, write_batch)
    if waiting:
        _flush(waiting, write_batch)


def _flush(waiting: list[Any], write_batch: Any) -> None:
    for whole in pa.Table.from_batches(waiting, SCHEMA).combine_chunks().to_batches():
        write_batch(whole)
    waiting.clear()


def record_batch(file: str, part: Part, where: Filter | None = None, words: TunnelWords | None = None) -> Any:
    """The packets of a batch that are wanted, as Arrow has them."""
    batch = part.batch
    wanted = np.flatnonzero(where(batch)) if where else np.arange(len(batch.rows))
    rows = batch.rows[wanted]
    in_tunnel, has_keys = rows["tunnel"] != 0, (rows["flags"] & OVN) != 0
    columns_of_ends = _columns_of_ends(rows, "outer", OUTER_PORTS)
    columns: dict[str, Any] = {
        "file": pa.array([file or None] * len(rows), pa.string()),
        "frame": pa.array((part.first + wanted).astype(np.uint64)),
        "time": pa.array(rows["time_ns"].astype("datetime64[ns]"), pa.timestamp("ns", tz="UTC")),
        "length": pa.array(rows["length"].copy()),
        "captured": pa.array(rows["captured"].copy()),
        **columns_of_ends,
        "tunnel": pa.array([None, *TUNNELS], pa.string()).take(pa.array(rows["tunnel"].copy())),
        "vni": _numbers(rows, "vni", in_tunnel & (rows["vni"] != NO_VNI)),
        "tunnels": pa.array(_tunnels(batch, wanted, rows), pa.list_(_TUNNEL)),
        "options": pa.array(_options(batch, rows), pa.binary()),
        "ovn_ingress": _numbers(rows, "ovn_ingress", has_keys),
        "ovn_egress": _numbers(rows, "ovn_egress", has_keys),
        **_columns_of_ends(rows, "inner", INNER_PORTS),
        "faults": pa.array(_faults(batch, wanted), pa.list_(pa.string())),
        **_names(batch, wanted, columns_of_ends, words),
    }
    return pa.RecordBatch.from_pydict(columns, schema=SCHEMA)


def _numbers(rows: Any, name: str, there: Any) -> Any:
    return pa.array(rows[name].copy(), mask=~there)


def _columns_of_ends(rows: Any, side: str, has_ports: int) -> dict[str, Any]:
    version, ports = rows[f"{side}_version"], (rows["flags"] & has_ports) != 0
    found: dict[str, Any] = {}
    for name in ("src", "dst"):
        numbers = zip(*(rows[f"{side}{key}"].tolist() for key in ("_version", f"_{name}_high", f"_{name}_low")),
                      strict=True)  # fmt: skip
        found[f"{side}_{name}"] = pa.array([text_of(*each) if each[0] else None for each in numbers], pa.string())
    found[f"{side}_sport"], found[f"{side}_dport"] = (_numbers(rows, f"{side}_{n}", ports) for n in ("sport", "dport"))
    return {**found, f"{side}_proto": _numbers(rows, f"{side}_proto", version != 0)}


def _tunnels(batch: Batch, wanted: Any, rows: Any) -> list[list[dict[str, Any]]]:
    found = [
        [{"type": TUNNELS[kind - 1], "vni": vni}] if kind else []
        for kind, vni in zip(rows["tunnel"].tolist(), rows["vni"].tolist(), strict=True)
    ]
    for place, number in enumerate(wanted.tolist()):
        if number in batch.odd:
            found[place] = [{"type": tunnel.type, "vni": tunnel.vni} for tunnel in batch.odd[number].tunnels]
    return found


def _options(batch: Batch, rows: Any) -> list[bytes | None]:
    starts = (rows["start"] + rows["options_at"]).tolist()
    sizes = rows["options_length"].tolist()
    return [batch.data[start : start + size] if size else None for start, size in zip(starts, sizes, strict=True)]


def _faults(batch: Batch, wanted: Any) -> list[list[str]]:
    last = len(batch.rows) - 1
    return [
        [
            *(batch.odd[number].faults if number in batch.odd else ()),
            *["record-cut"] * (batch.is_cut and number == last),
        ]
        for number in wanted.tolist()
    ]


def _names(batch: Batch, wanted: Any, ends: dict[str, Any], words: TunnelWords | None) -> dict[str, Any]:
    """The columns of names: of several tunnels with `/` between, as in CSV."""
    if words is None:
        return {name: pa.nulls(len(wanted), pa.string()) for name in ("src_host", "dst_host", "network", "from", "to")}
    tunnels = words.of_rows(batch, wanted)
    found = {
        key: pa.array(["/".join(each.get(key, "") for each in told) or None for told in tunnels], pa.string())
        for key in ("network", "from", "to")
    }
    for side in ("src", "dst"):
        hosts = [words.host(address or "") or None for address in ends[f"outer_{side}"].to_pylist()]
        found[f"{side}_host"] = pa.array(hosts, pa.string())
    return found
