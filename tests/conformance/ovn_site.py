"""A Northbound database served by a real ovsdb-server, and hands on it: ovsdb-client, which knows nothing of cpal."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from cpal.core.rows import Row, RowKey
from cpal.drivers.ovn.backend import OvnBackend
from cpal.drivers.ovn.tables import TABLES
from cpal.model.target import Target
from tests.support.ovsdb_server import OvsdbServer

DATABASE = "OVN_Northbound"

EDITS: dict[str, dict[str, Any]] = {
    "Logical_Switch": {"other_config": ["map", [["mcast_snoop", "true"]]]},
    "Logical_Switch_Port": {"addresses": "unknown", "port_security": ["set", []], "enabled": True},
    "ACL": {"priority": 7},
    "DHCP_Options": {"options": ["map", [["lease_time", "1"]]]},
    "Logical_Router": {"enabled": True},
    "Logical_Router_Port": {"mac": "02:00:00:00:00:99"},
    "Logical_Router_Static_Route": {"nexthop": "192.0.2.99"},
    "Gateway_Chassis": {"priority": 99},
    "NAT": {"external_ip": "192.0.2.99"},
}
"""What hands change in a row of each table."""

ROOTS = (
    "Logical_Switch", "Logical_Router", "Port_Group", "Address_Set", "DHCP_Options", "DNS", "Meter", "BFD",
    "HA_Chassis_Group", "NB_Global",
)  # fmt: skip


class OvnSite:
    """One database; `editable` and `nameable` as `tests.conformance.backend.Site` says."""

    editable = frozenset(EDITS)
    nameable = frozenset({"Logical_Switch_Port", "Logical_Router_Port", "Port_Group", "Address_Set"})

    def __init__(self, schema: str | Path, directory: Path) -> None:
        self.server = OvsdbServer(schema, directory)

    def target(self) -> Target:
        """The database as a target."""
        return Target(id="site", name="site", driver="ovn", endpoints={"northbound": self.server.endpoint})

    async def connect(self, owner: str) -> OvnBackend:
        """A connection for the store `owner`."""
        return await OvnBackend.connect(self.target(), owner)

    def transact(self, *operations: dict[str, Any]) -> list[Any]:
        """The results of raw operations."""
        words = ["ovsdb-client", "transact", self.server.endpoint, json.dumps([DATABASE, *operations])]
        found = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        assert not any(result and "error" in result for result in found), found
        return list(found)

    def wipe(self) -> None:
        """Delete everything."""
        self.transact(*({"op": "delete", "table": table, "where": []} for table in ROOTS))

    def uuid(self, key: RowKey) -> str:
        """The UUID of one of our rows, found by its tag."""
        where = [["external_ids", "includes", ["map", [["cpal:row", key.name]]]]]
        [found] = self.transact({"op": "select", "table": key.table, "where": where, "columns": ["_uuid"]})
        return str(found["rows"][0]["_uuid"][1])

    def edit(self, row: Row) -> None:
        """Change columns of a row by hand."""
        where = [["_uuid", "==", ["uuid", self.uuid(row.key)]]]
        self.transact({"op": "update", "table": row.key.table, "where": where, "row": EDITS[row.key.table]})

    def remove(self, row: Row) -> None:
        """Delete a row by hand, with all that it contains."""
        atom = ["uuid", self.uuid(row.key)]
        places = TABLES[row.key.table].within
        operations: list[dict[str, Any]] = [
            {"op": "mutate", "table": table, "where": [], "mutations": [[column, "delete", atom]]}
            for table, column in places.items()
        ]
        self.transact(*(operations or [{"op": "delete", "table": row.key.table, "where": [["_uuid", "==", atom]]}]))

    def squat(self, row: Row) -> None:
        """Make a row of that name by hand."""
        insert: dict[str, Any] = {
            "op": "insert",
            "table": row.key.table,
            "uuid-name": "it",
            "row": {"name": row.key.name},
        }
        if row.key.table == "Logical_Router_Port":
            insert["row"] |= {"networks": "192.0.2.1/24", "mac": "02:00:00:00:00:98"}
        operations = [insert]
        for table, column in TABLES[row.key.table].within.items():
            container = {"name": "squatter", column: ["named-uuid", "it"]}
            operations.append({"op": "insert", "table": table, "row": container})
        self.transact(*operations)

    def add_foreign(self) -> None:
        """What somebody made with ovn-nbctl: a switch, a router, a group with a rule, an address set, options."""
        self.nbctl(
            "ls-add foreign -- lsp-add foreign f1 -- lsp-set-addresses f1 unknown -- lr-add fr"
            " -- lrp-add fr fr-foreign 02:00:00:00:00:97 192.0.2.1/24 -- lr-nat-add fr snat 192.0.2.1 10.0.0.0/8"
            " -- lr-route-add fr 0.0.0.0/0 192.0.2.254 -- pg-add fpg f1"
            " -- acl-add fpg to-lport 1002 outport==@fpg&&ip4 allow-related"
            " -- create Address_Set name=fas addresses=10.0.0.1 -- create DHCP_Options cidr=192.0.2.0/24"
            " -- create DNS records:name=192.0.2.1"
        )

    def nbctl(self, words: str) -> str:
        """What ovn-nbctl says to these words."""
        command = ["ovn-nbctl", "--no-leader-only", f"--db={self.server.endpoint}", *words.split()]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def dump(self) -> dict[str, list[str]]:
        """All rows of all tables, as sorted JSON."""
        found = {}
        for line in self.server.dump(DATABASE).splitlines():
            table = json.loads(line)
            rows = [dict(zip(table["headings"], row, strict=True)) for row in table["data"]]
            found[table["caption"].removesuffix(" table")] = sorted(json.dumps(row, sort_keys=True) for row in rows)
        return found

    def foreign(self) -> dict[str, list[str]]:
        """All rows without our tags."""
        return {
            table: [row for row in rows if "cpal:owner" not in row]
            for table, rows in self.dump().items()
            if table != "NB_Global"
        }
