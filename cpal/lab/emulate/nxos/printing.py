"""What NX-OS prints of the rows that NX-API has: the tables of its command line.

Source: recorded answers; Cisco Nexus 9000 NX-OS command references.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
SHORT = {"Ethernet": "Eth", "port-channel": "Po", "loopback": "Lo"}
"""To what tables cut the kinds of interfaces."""
LINE = "-" * 80


def short(name: str) -> str:
    """An interface as tables have it: `Eth1/1`."""
    kind = name.rstrip("0123456789/.")
    return SHORT.get(kind, kind) + name[len(kind) :]


def interfaces(rows: Iterable[Row]) -> str:
    """`show interface`."""
    return "\n".join("\n".join((*_interface(row), "")) for row in rows)


def _interface(row: Row) -> list[str]:
    if "svi_mac" in row:
        down = "" if row["svi_admin_state"] == "up" else " (Administratively down)"
        state, line = row["svi_line_proto"], row["svi_line_proto"]
        head = f"{row['interface']} is {state}{down if state == 'down' else ''}, line protocol is {line}"
        lines = [f"{head}, autostate enabled", f"  Hardware is EtherSVI, address is  {row['svi_mac']}"]
        lines += [f"  Description: {row['svi_desc']}"] if row["svi_desc"] else []
        return [*lines, f"  MTU {row['svi_mtu']} bytes, BW {row['svi_bw']} Kbit, DLY 10 usec,"]
    why = f" ({row['state_rsn_desc']})" if row["state_rsn_desc"] else ""
    lines = [f"{row['interface']} is {row['state']}{why}", f"admin state is {row['admin_state']}, Dedicated Interface"]
    if "eth_hw_addr" in row:
        lines.append(f"  Hardware: Ethernet, address: {row['eth_hw_addr']} (bia {row['eth_bia_addr']})")
    else:
        lines.append(f"  Hardware: {row['eth_hw_desc']}")
    if "desc" in row:
        lines.append(f"  Description: {row['desc']}")
    if "eth_ip_addr" in row:
        lines.append(f"  Internet Address is {row['eth_ip_addr']}/{row['eth_ip_mask']}")
    return [*lines, f"  MTU {row['eth_mtu']} bytes, BW {row['eth_bw']} Kbit, DLY 10 usec"]


def status(rows: Iterable[Row]) -> str:
    """`show interface status`."""
    lines = [LINE, "Port          Name               Status    Vlan      Duplex  Speed   Type", LINE]
    lines += [
        f"{short(row['interface']):<14}{row['name'][:18]:<19}{row['state']:<10}{row['vlan']:<10}"
        f"{row['duplex']:<8}{row['speed']:<8}{row['type']}"
        for row in rows
    ]
    return "\n".join([*lines, ""])


def addresses(rows: Sequence[Row], version: int) -> str:
    """`show ip interface` and `show ipv6 interface`, by VRF."""
    lines: list[str] = []
    for vrf in dict.fromkeys(row["vrf-name-out"] for row in rows):
        lines.append(f'IP{"v6" if version == 6 else ""} Interface Status for VRF "{vrf}"')
        for row in (each for each in rows if each["vrf-name-out"] == vrf):
            state = "/".join(f"{kind}-{row[f'{kind[:5]}-state']}" for kind in ("protocol", "link", "admin"))
            lines.append(f"{row['intf-name']}, Interface status: {state}, iod: 1,")
            lines += _ipv4(row) if version == 4 else _ipv6(row)
    return "\n".join([*lines, ""])


def _ipv4(row: Row) -> list[str]:
    held = [(row["prefix"], row["masklen"], "")]
    held += [(each["prefix1"], each["masklen1"], " secondary") for each in _rows(row, "secondary_address")]
    return [
        f"  IP address: {address}, IP subnet: {ipaddress.ip_interface(f'{address}/{length}').network}{second} "
        "route-preference: 0, tag: 0"
        for address, length, second in held
    ]


def _ipv6(row: Row) -> list[str]:
    return ["  IPv6 address:", *(f"    {each['addr']} [VALID]" for each in _rows(row, "addr"))]


def _rows(of: Row, name: str) -> list[Row]:
    found = of.get(f"TABLE_{name}", {}).get(f"ROW_{name}", [])
    return found if isinstance(found, list) else [found]


def arp(rows: Iterable[Row]) -> str:
    """`show ip arp vrf all`."""
    found = list(rows)
    head = ("IP ARP Table for all contexts", f"Total number of entries: {len(found)}")
    lines = [f"{row['ip-addr-out']:<15} {row['time-stamp']:<8}  {row['mac']}  {row['intf-out']:<15} " for row in found]
    return "\n".join(["", *head, "Address         Age       MAC Address     Interface       Flags", *lines, ""])


def nd(rows: Iterable[Row]) -> str:
    """`show ipv6 neighbor vrf all`: behind an address the line is broken."""
    found = list(rows)
    head = ("IPv6 Adjacency Table for all VRFs", f"Total number of entries: {len(found)}")
    lines = [
        f"{row['ipv6-addr']}\n{'':<16}{row['time-stamp']:<8}  {row['mac']}  50   icmpv6     {row['intf-out']}"
        for row in found
    ]
    return "\n".join(["", *head, "Address         Age       MAC Address     Pref Source     Interface", *lines, ""])


def macs(rows: Iterable[Row]) -> str:
    """`show mac address-table`."""
    lines = [
        "Legend: ",
        "        * - primary entry, G - Gateway MAC, (R) - Routed MAC, O - Overlay MAC",
        "        age - seconds since last seen,+ - primary entry using vPC Peer-Link,",
        "        (T) - True, (F) - False, C - ControlPlane MAC, ~ - vsan",
        "   VLAN     MAC Address      Type      age     Secure NTFY Ports",
        "---------+-----------------+--------+---------+------+----+------------------",
    ]
    lines += [
        f"* {row['disp_vlan']:>4}     {row['disp_mac_addr']}   dynamic  {row['disp_age']:<9}F      F    "
        f"{short(row['disp_port'])}"
        for row in rows
    ]
    return "\n".join([*lines, ""])


ROUTES = (
    "'*' denotes best ucast next-hop",
    "'**' denotes best mcast next-hop",
    "'[x/y]' denotes [preference/metric]",
    "'%<string>' in via output denotes VRF <string>",
    "",
)


def routes(vrf: str, rows: Sequence[Row], version: int = 4) -> str:
    """`show ip route` or `show ipv6 route` of one VRF."""
    lines = [f'{"IP Route" if version == 4 else "IPv6 Routing"} Table for VRF "{vrf}"', *ROUTES]
    for row in rows:
        kind = ", attached" if row["attached"] == "true" else ""
        lines.append(f"{row['ipprefix']}, ubest/mbest: 1/0{kind}")
        for path in _rows(row, "path"):
            hop = path.get("ipnexthop", row["ipprefix"].partition("/")[0])
            preference = f"[{path['pref']}/{path['metric']}]"
            tag = f", tag {path['tag']}" if "tag" in path else ""
            lines.append(f"    *via {hop}, {short(path['ifname'])}, {preference}, 00:00:01, {path['clientname']}{tag}")
    return "\n".join([*lines, *([] if rows else ["Route not found"]), ""])


def sessions(vrf: str, router: str, local_as: str, family: str, rows: Sequence[Row]) -> str:
    """`show bgp all summary` of one VRF and family."""
    lines = [
        f"BGP summary information for VRF {vrf}, address family {family}",
        f"BGP router identifier {router}, local AS number {local_as}",
        f"BGP table version is 1, {family} config peers {len(rows)}, capable peers 0",
        "",
        "Neighbor        V    AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd",
    ]
    for row in rows:
        said = {"Established": row["prefixreceived"], "Shutdown": "Shut (Admin)"}.get(row["state"], row["state"])
        lines.append(
            f"{row['neighborid']:<15} {row['neighborversion']} {row['neighboras']:>5} {row['msgrecvd']:>7} "
            f"{row['msgsent']:>7}        0    0    0 {row['time']:>8} {said}"
        )
    return "\n".join([*lines, ""])


def servers(rows: Iterable[Row]) -> str:
    """`show ntp peers`."""
    lines = [f"  {row['PeerIPAddress']:<38}{row['serv_peer']} (configured)" for row in rows]
    head = "  Peer IP Address                       Serv/Peer          "
    return "\n".join([LINE[:50], head, LINE[:50], *lines, ""])


def temperatures(rows: Iterable[Row]) -> str:
    """`show environment temperature`."""
    lines = [
        "Temperature:",
        LINE[:68],
        "Module   Sensor        MajorThresh   MinorThres   CurTemp     Status",
        "                       (Celsius)     (Celsius)    (Celsius)         ",
        LINE[:68],
    ]
    lines += [
        f"{row['tempmod']:<9}{row['sensor']:<16}{row['majthres']:<16}{row['minthres']:<12}{row['curtemp']:<11}"
        f"{row['alarmstatus']}"
        for row in rows
    ]
    return "\n".join([*lines, ""])


def fans(rows: Iterable[Row]) -> str:
    """`show environment fan`."""
    head = "Fan             Model                Hw     Direction       Status"
    lines = [
        f"{row['fanname']:<16}{row['fanmodel']:<21}{row['fanhwver']:<7}{row['fandir']:<16}{row['fanstatus']}"
        for row in rows
    ]
    return "\n".join(["Fan:", LINE[:75], head, LINE[:75], *lines, "Fan Zone Speed: Zone 1: 0x80", ""])


def supplies(rows: Iterable[Row]) -> str:
    """`show environment power`."""
    lines = [
        f"{row['psnum']:<9}{row['psmodel']:<19}{row['actual_out']:>12}{row['actual_input']:>17}{row['tot_capa']:>12}"
        f"      {row['ps_status']}"
        for row in rows
    ]
    head = [
        "Power Supply:", "Voltage: 12 Volts",
        "Power                              Actual             Actual        Total",
        "Supply    Model                    Output             Input      Capacity    Status",
        "                                   (Watts )           (Watts )     (Watts )",
        "-------  -------------------  ----------  ----------  ----------  --------------",
    ]  # fmt: skip
    return "\n".join([*head, *lines, ""])
