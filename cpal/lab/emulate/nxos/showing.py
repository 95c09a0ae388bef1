"""`show` commands of NX-OS that the state of the device answers, in the tables and rows that NX-API has.

Source: Cisco NX-API developer sandbox's models; recorded answers.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping
from typing import Any

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.grammar import Match
from cpal.lab.emulate.nxos import addresses, environment, lags, printing, state, transceivers
from cpal.lab.emulate.nxos.configuration import hostname
from cpal.lab.emulate.nxos.grammar import FEATURES
from cpal.lab.emulate.nxos.tables import Shown, table
from cpal.lab.emulate.words import dotted


def answer(device: Device, match: Match) -> Shown:
    """The answer to a `show` command."""
    words = match.words[1:]
    for start, answering in ANSWERS.items():
        if words[: len(start)] == start:
            return answering(device, words[len(start) :])
    raise AssertionError(words)


def _version(device: Device, _: tuple[str, ...]) -> Shown:
    who, up = device.identity, int(device.uptime_s())
    data = {
        "header_str": "an emulator, no Cisco NX-OS",
        "chassis_id": f"{who.model} Chassis",
        "host_name": hostname(device.running),
        "sys_ver_str": who.version,
        "nxos_ver_str": who.version,
        "kickstart_ver_str": who.version,
        "proc_board_id": who.serial,
        "kern_uptm_days": up // 86400,
        "kern_uptm_hrs": up // 3600 % 24,
        "kern_uptm_mins": up // 60 % 60,
        "kern_uptm_secs": up % 60,
        "manufacturer": "Cisco Systems, Inc.",
        "memory": 8_000_000,
        "mem_type": "kB",
    }
    text = (
        f"an emulator, no Cisco NX-OS\n\nSoftware\n  NXOS: version {who.version}\n\n"
        f"Hardware\n  cisco {who.model} Chassis\n"
        f"  Processor Board ID {who.serial}\n\n  Device name: {hostname(device.running)}\n\n"
        f"Kernel uptime is {up // 86400} day(s), {up // 3600 % 24} hour(s), {up // 60 % 60} minute(s), "
        f"{up % 60} second(s)\n"
    )
    return data, text


def _hostname(device: Device, _: tuple[str, ...]) -> Shown:
    domain = device.running.value("ip", "domain-name")
    name = f"{hostname(device.running)}.{domain}" if domain else hostname(device.running)
    return {"hostname": name}, f"{name} \n"


def _hosts(device: Device, _: tuple[str, ...]) -> Shown:
    domain = device.running.value("ip", "domain-name")
    told = f"Vrf Name: default Default domain is {domain}\n" if domain else ""
    return None, f"DNS lookup enabled\n{told}Name servers are 255.255.255.255\n\n\nHost                    Address\n"


def _inventory(device: Device, _: tuple[str, ...]) -> Shown:
    who = device.identity
    chassis = {
        "name": "Chassis",
        "desc": f"{who.model} (emulator)",
        "productid": who.model,
        "vendorid": "V01",
        "serialnum": who.serial,
    }
    return table(
        "inv", [chassis]
    ), f'NAME: "Chassis",  DESCR: "{who.model} (emulator)"\nPID: {who.model} ,  VID: V01 ,  SN: {who.serial}\n'


def _clock(device: Device, _: tuple[str, ...]) -> Shown:
    now = time.strftime("%H:%M:%S UTC %a %b %d %Y", time.gmtime())
    return {"simple_time": now, "time_source": "none"}, f"{now}\n"


def _features(device: Device, _: tuple[str, ...]) -> Shown:
    rows = []
    for name in FEATURES:
        on = "enabled" if device.running.has("feature", *name.split()) else "disabled"
        called = {"nv overlay": "nve", "vn-segment-vlan-based": "vnseg_vlan"}.get(name, name.replace(" ", "-"))
        rows.append({"cfcFeatureCtrlName2": called, "cfcFeatureCtrlInstanceNum2": "1", "cfcFeatureCtrlOpStatus2": on})
    text = "".join(f"{row['cfcFeatureCtrlName2']:<22} 1          {row['cfcFeatureCtrlOpStatus2']}\n" for row in rows)
    return table("cfcFeatureCtrlTable", rows), f"Feature Name          Instance  State\n{'-' * 40}\n{text}"


def _interfaces(device: Device, _: tuple[str, ...]) -> Shown:
    rows = [_interface(device, each) for each in state.interfaces(device)]
    return table("interface", rows), printing.interfaces(rows)


def _interface(device: Device, each: state.Interface) -> dict[str, Any]:
    up, admin = "up" if each.up else "down", "up" if each.enabled else "down"
    if each.kind == "Vlan":
        return {
            "interface": each.name,
            "svi_admin_state": admin,
            "svi_line_proto": up,
            "svi_mac": state.mac_of(device, each),
            "svi_mtu": str(each.mtu),
            "svi_bw": "1000000",
            "svi_desc": each.description,
        }
    row: dict[str, Any] = {
        "interface": each.name,
        "state": up,
        "admin_state": admin,
        "state_rsn_desc": "" if each.up else _reason(each),
        "share_state": "Dedicated",
        "eth_hw_desc": "an emulated port",
        "eth_hw_addr": state.mac_of(device, each),
        "eth_bia_addr": state.mac_of(device, each),
        "eth_mtu": str(each.mtu),
        "eth_bw": 10_000_000 if each.kind == "Ethernet" else 1_000_000,
        "eth_duplex": "full",
        "eth_speed": "10 Gb/s",
        "eth_mode": "routed" if not each.switchport else each.section.value("switchport", "mode") or "access",
        "eth_link_flapped": "never",
        "eth_inbytes": "0",
        "eth_outbytes": "0",
    }
    addresses = each.addresses("ip")
    if addresses:
        row |= {"eth_ip_addr": addresses[0].partition("/")[0], "eth_ip_mask": int(addresses[0].partition("/")[2])}
    if each.kind == "loopback":
        row = {key: value for key, value in row.items() if key not in ("eth_hw_addr", "eth_bia_addr")}
        row["eth_hw_desc"] = "Loopback"
    if each.description:
        row["desc"] = each.description
    if each.member_of:
        row["eth_bundle"] = each.member_of
    return row


def _reason(each: state.Interface) -> str:
    return "Link not connected" if each.enabled else "Administratively down"


def _status(device: Device, _: tuple[str, ...]) -> Shown:
    rows = []
    for each in state.interfaces(device):
        if each.kind == "nve":
            continue
        plugged = each.kind in ("Ethernet", "port-channel", "mgmt")
        down = "down" if each.kind == "Vlan" else "notconnec" if each.enabled else "disabled"
        mode = "trunk" if each.is_trunk else str(each.access_vlan)
        rows.append(
            {
                "interface": each.name,
                "name": each.description or "--",
                "state": "connected" if each.up else down,
                "vlan": mode if each.switchport else "routed",
                "duplex": "full" if plugged else "auto",
                "speed": "10G" if plugged else "auto",
                "type": "--",
            }
        )
    return table("interface", rows), printing.status(rows)


def _switchport(device: Device, _: tuple[str, ...]) -> Shown:
    rows = []
    for each in state.interfaces(device):
        if each.kind in ("Ethernet", "port-channel"):
            rows.append(
                {
                    "interface": each.name,
                    "switchport": "Enabled" if each.switchport else "Disabled",
                    "oper_mode": each.section.value("switchport", "mode") or "access",
                    "access_vlan": int(each.section.value("switchport", "access", "vlan") or 1),
                    "native_vlan": int(each.section.value("switchport", "trunk", "native", "vlan") or 1),
                    "trunk_vlans": each.section.value("switchport", "trunk", "allowed", "vlan") or "1-4094",
                }
            )
    return table("interface", rows), None


def _routes(device: Device, words: tuple[str, ...], version: int = 4) -> Shown:
    named = words[1] if words[:1] == ("vrf",) else "default"
    wanted = next((ipaddress.ip_network(word) for word in words if "/" in word), None)
    found, texts = [], []
    for vrf in state.vrfs(device) if named == "all" else (named,):
        rows = _of_vrf(device, vrf, wanted, version)
        inner = table("addrf", [{"addrf": f"ipv{version}", **table("prefix", rows)}])
        found.append({"vrf-name-out": vrf, **inner})
        texts.append(printing.routes(vrf, rows, version))
    return table("vrf", found), "\n".join(texts)


def _ipv6_routes(device: Device, words: tuple[str, ...]) -> Shown:
    return _routes(device, words, 6)


def _of_vrf(device: Device, vrf: str, wanted: Any, version: int) -> list[dict[str, Any]]:
    """The routes of a VRF, or the one that packets to a prefix go by."""
    rows = []
    held = list(state.routes(device, vrf, version))
    if wanted is not None:
        covering = [each for each in held if wanted.subnet_of(each.network)]
        held = sorted(covering, key=lambda each: each.network.prefixlen)[-1:]
    for network, known_from, hop, via, distance, tag in held:
        kind = "direct" if known_from == "connected" else known_from
        path = {
            "ifname": via,
            "uptime": "P0DT0H0M1S",
            "pref": str(distance),
            "metric": "0",
            "clientname": kind,
            "ubest": "true",
            **({"tag": tag} if tag else {}),
        }
        rows.append(
            {
                "ipprefix": str(network),
                "ucast-nhops": "1",
                "attached": str(kind == "direct").lower(),
                **table("path", [{**path, **({"ipnexthop": hop} if hop else {})}]),
            }
        )
    return rows


def _macs(device: Device, _: tuple[str, ...]) -> Shown:
    rows = [
        {
            "disp_mac_addr": dotted(each.mac),
            "disp_type": "* ",
            "disp_vlan": str(each.vlan),
            "disp_is_static": "0",
            "disp_age": "0",
            "disp_is_secure": "F",
            "disp_is_ntfy": "F",
            "disp_port": each.port,
        }
        for each in device.stations
    ]
    return table("mac_address", rows) or {"TABLE_mac_address": {"ROW_mac_address": []}}, printing.macs(rows)


def _vlans(device: Device, words: tuple[str, ...]) -> Shown:
    known = state.vlans(device)
    rows = []
    text = "VLAN Name                             Status    Ports\n"
    text += "---- -------------------------------- --------- ----------\n"
    for number, (name, status) in known.items():
        ports = [each.name for each in state.interfaces(device) if number in each.vlans(set(known))]
        row = {
            "vlanshowbr-vlanid": str(number),
            "vlanshowbr-vlanid-utf": str(number),
            "vlanshowbr-vlanname": name,
            "vlanshowbr-vlanstate": status,
            "vlanshowbr-shutstate": "noshutdown",
        }
        rows.append(row | ({"vlanshowplist-ifidx": ",".join(ports)} if ports else {}))
        text += f"{number:<4} {name:<32} {status:<9} {', '.join(ports)}".rstrip() + "\n"
    if words:
        return table("vlanbriefxbrief", rows), text
    modes = [
        {"vlanshowinfo-vlanid": str(number), "vlanshowinfo-media-type": "enet", "vlanshowinfo-vlanmode": "ce-vlan"}
        for number in known
    ]
    return table("vlanbrief", rows) | table("mtuinfo", modes), text


def _vrfs(device: Device, _: tuple[str, ...]) -> Shown:
    rows = [
        {"vrf_name": name, "vrf_id": n, "vrf_state": "Up", "rd": rd, "vpnid": "unknown"}
        for n, (name, rd) in enumerate(state.vrfs(device).items(), 1)
    ]
    return table("vrf", rows), "".join(f"{row['vrf_name']:<36} {row['vrf_id']:<8} Up      --\n" for row in rows)


def _vrf_interfaces(device: Device, _: tuple[str, ...]) -> Shown:
    numbers = {name: n for n, name in enumerate(state.vrfs(device), 1)}
    routed = [each for each in state.interfaces(device) if not each.switchport and each.kind != "nve"]
    rows = [
        {"if_name": each.name, "vrf_name": each.vrf, "vrf_id": numbers.get(each.vrf, 0), "soo": "--"} for each in routed
    ]
    return table("if", rows), "".join(
        f"{row['if_name']:<25} {row['vrf_name']:<31} {row['vrf_id']}  --\n" for row in rows
    )


def _lldp(device: Device, words: tuple[str, ...]) -> Shown:
    wanted = words[1] if words[:1] == ("interface",) else ""
    seen = {port: cable for port, cable in state.heard(device).items() if wanted in ("", port)}
    rows = [
        {
            "chassis_type": "7",
            "chassis_id": cable.device,
            "l_port_id": port.replace("Ethernet", "Eth"),
            "hold_time": "120",
            "system_capability": "BR",
            "port_type": "5",
            "port_id": cable.port,
        }
        for port, cable in seen.items()
    ]
    text = "Capability codes:\n  (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device\n\n"
    for port, cable in seen.items():
        text += (
            f"Chassis id: {cable.device}\nPort id: {cable.port}\nLocal Port id: {port.replace('Ethernet', 'Eth')}\n"
            f"Port Description: {cable.port}\nSystem Name: {cable.device}\nSystem Description: not advertised\n"
            "Time remaining: 100 seconds\n"
            "System Capabilities: B, R\nEnabled Capabilities: B, R\n"
            "Management Address: not advertised\nVlan ID: not advertised\n\n"
        )
    return table("nbor", rows), text + f"Total entries displayed: {len(seen)}\n"


def _bgp(device: Device, _: tuple[str, ...]) -> Shown:
    bgp = device.running.find("router", "bgp")
    if bgp is None:
        return {}, "Note:  process currently not running\n"
    rows: dict[str, list[dict[str, Any]]] = {}
    for vrf, address, remote, status in state.peers(device):
        rows.setdefault(vrf, []).append(
            {
                "neighborid": address,
                "neighborversion": "4",
                "msgrecvd": "0",
                "msgsent": "0",
                "neighboras": remote,
                "state": status,
                "prefixreceived": "0",
                "time": "never",
            }
        )
    vrfs, texts = [], []
    for vrf, found in rows.items():
        router = state.router_id(device, vrf)
        by_family = [(af, [each for each in found if (":" in each["neighborid"]) is (af == 2)]) for af in (1, 2)]
        families = [
            {
                "af-id": str(af),
                **table(
                    "saf", [{"safi": "1", "af-name": f"IPv{4 if af == 1 else 6} Unicast", **table("neighbor", each)}]
                ),
            }
            for af, each in by_family
            if each
        ]
        vrfs.append(
            {
                "vrf-name-out": vrf,
                "vrf-router-id": router,
                "vrf-local-as": bgp.words[2],
                **table("af", families),
            }
        )
        texts += [
            printing.sessions(vrf, router, bgp.words[2], f"IPv{4 if af == 1 else 6} Unicast", each)
            for af, each in by_family
            if each
        ]
    return table("vrf", vrfs), "\n".join(texts)


def _vnis(device: Device, _: tuple[str, ...]) -> Shown:
    by_vni = {node.value("vn-segment"): node.words[1] for node in device.running.each("vlan")}
    rows = []
    for each in state.interfaces(device):
        for node in each.section.each("member", "vni"):
            routed = "associate-vrf" in node.words
            kind = f"L3 [{_vrf_of(device, node.words[2])}]" if routed else f"L2 [{by_vni.get(node.words[2], '')}]"
            rows.append(
                {
                    "if-name": "nve1",
                    "vni": node.words[2],
                    "mcast": "n/a" if routed else "UnicastBGP",
                    "vni-state": "Up" if each.up else "Down",
                    "mode": "CP",
                    "type": kind,
                }
            )
    return table("nve_vni", rows), None


def _vrf_of(device: Device, vni: str) -> str:
    return next((node.words[2] for node in device.running.each("vrf", "context") if node.value("vni") == vni), "")


def _ntp(device: Device, _: tuple[str, ...]) -> Shown:
    rows = [
        {"PeerIPAddress": node.words[2], "serv_peer": node.words[1].capitalize()}
        for node in device.running.each("ntp")
        if node.words[1] in ("server", "peer")
    ]
    return table("peers", rows) or {"TABLE_peers": {"ROW_peers": []}}, printing.servers(rows)


def _ntp_status(device: Device, _: tuple[str, ...]) -> Shown:
    return {"TABLE_peersstatus": {"ROW_peersstatus": []}}, "Total peers : 0\n"


ANSWERS: Mapping[tuple[str, ...], Callable[[Device, tuple[str, ...]], Shown]] = {
    ("version",): _version,
    ("hostname",): _hostname,
    ("hosts",): _hosts,
    ("environment",): environment.whole,
    ("processes", "cpu"): environment.processor,
    ("processes", "memory", "shared"): environment.shared_memory,
    ("system", "resources"): environment.resources,
    ("inventory",): _inventory,
    ("clock",): _clock,
    ("feature",): _features,
    ("interface", "status"): _status,
    ("interface", "brief"): _status,
    ("interface", "switchport"): _switchport,
    ("interface", "transceiver", "details"): transceivers.details,
    ("interface",): _interfaces,
    ("ip", "interface"): addresses.ipv4,
    ("ipv6", "interface"): addresses.ipv6,
    ("ip", "arp"): addresses.arp,
    ("ip", "route"): _routes,
    ("ipv6", "route"): _ipv6_routes,
    ("ipv6", "neighbor"): addresses.nd,
    ("mac", "address-table"): _macs,
    ("port-channel", "summary"): lags.lags,
    ("vlan",): _vlans,
    ("vrf", "interface"): _vrf_interfaces,
    ("vrf", "all", "interface"): _vrf_interfaces,
    ("vrf",): _vrfs,
    ("lldp", "neighbors"): _lldp,
    ("bgp",): _bgp,
    ("nve", "vni"): _vnis,
    ("ntp", "peers"): _ntp,
    ("ntp", "peer-status"): _ntp_status,
}
"""What answers commands that begin with these words; longer ones stand before shorter ones."""
