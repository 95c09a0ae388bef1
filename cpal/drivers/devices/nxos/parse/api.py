"""NX-OS over NX-API: interfaces, neighbours, BGP, VRFs, VLANs, environment. Source: NX-API's JSON of each command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.nxos.parse.shared import mac_entry
from cpal.drivers.devices.nxos.parse.tables import DEFAULT, port, ports, rows, text_or_none, vrf_or_none
from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.values import as_number, ip, mac_or_none, seconds
from cpal.model.device.bgp import AfiSafi, BgpInstance, BgpNeighbor
from cpal.model.device.environment import Cpu, Environment, Fan, Memory, PowerSupply, Temperature
from cpal.model.device.facts import Facts
from cpal.model.device.interface import Address, Interface, IpInterface
from cpal.model.device.neighbor import MacEntry, Neighbor
from cpal.model.device.network_instance import InstanceType, NetworkInstance
from cpal.model.device.state import Status
from cpal.model.device.system import NtpAssociation, NtpServer
from cpal.model.device.vlan import Vlan

SHOW_INTERFACE = Ask("show interface", JSON)
NO_DISTINGUISHER = ("0:0", "--", "")
SHUT = ("Shutdown", "Admin (Shut)")
SHUT_STATE = "Idle"
"""The state of a session that is switched off, for which both doors have own words. Source: RFC 4271, 8.2.2."""
FAMILIES = {
    (1, 1): "IPV4_UNICAST",
    (1, 128): "L3VPN_IPV4_UNICAST",
    (2, 1): "IPV6_UNICAST",
    (2, 128): "L3VPN_IPV6_UNICAST",
    (25, 70): "L2VPN_EVPN",
}
"""Address families by their numbers. Source: IANA, Address Family Numbers and SAFI."""
STATIC = ("1", "enabled")
KIBI, MEBI = 1 << 10, 1 << 20
SHARED = "shared"
"""What shared memory is called, which NX-API alone tells of."""
KILOBIT = 1000


def facts() -> Asking[Facts]:
    """What the device is."""
    inventory, version, interface, host = yield (
        Ask("show inventory", JSON), Ask("show version", JSON), SHOW_INTERFACE, Ask("show hostname", JSON),
    )  # fmt: skip
    hostname, told = text_or_none(version.get("host_name")), text_or_none(host.get("hostname"))
    _, dot, domain = (told or "").partition(f"{hostname}.")
    chassis = [each for each in rows(inventory, "TABLE_inv", "ROW_inv") if each["name"].strip('"') == "Chassis"]
    up = (("days", 86400), ("hrs", 3600), ("mins", 60), ("secs", 1))
    return Facts(
        vendor="Cisco",
        hostname=hostname,
        domain_name=domain if dot else None,
        fqdn=told if told and "." in told else None,
        model=text_or_none(version.get("chassis_id")),
        serial_number=text_or_none(chassis[0].get("serialnum")) if chassis else None,
        os_version=text_or_none(version.get("sys_ver_str") or version.get("kickstart_ver_str")),
        uptime_s=float(sum(int(version.get(f"kern_uptm_{unit}", 0)) * length for unit, length in up)),
        interfaces=tuple(each["interface"] for each in rows(interface, "TABLE_interface", "ROW_interface")),
    )


def interfaces() -> Asking[tuple[Interface, ...]]:
    """Interfaces and their state; what is told of VLAN interfaces has other names."""
    (reply,) = yield (SHOW_INTERFACE,)
    return tuple(map(_interface, rows(reply, "TABLE_interface", "ROW_interface")))


def _interface(told: Any) -> Interface:
    operational = told.get("state") or told.get("svi_line_proto")
    admin = told.get("admin_state") or told.get("svi_admin_state") or operational
    bandwidth = told.get("eth_bw") or told.get("svi_bw")
    bandwidth = bandwidth[0] if isinstance(bandwidth, list) else bandwidth
    mtu = told.get("eth_mtu") or told.get("svi_mtu")
    return Interface(
        name=told["interface"],
        admin_status=Status.UP if admin == "up" else Status.DOWN,
        oper_status=Status.UP if operational == "up" else Status.DOWN,
        description=text_or_none((told.get("desc") or told.get("svi_desc") or "").strip('"')),
        mtu=int(mtu) if mtu else None,
        speed_bps=int(bandwidth) * KILOBIT if bandwidth else None,
        mac_address=mac_or_none(told.get("eth_hw_addr") or told.get("svi_mac")),
        last_change_ago_s=seconds(told.get("eth_link_flapped", "").replace("(s)", "")),
    )


def interfaces_ip() -> Asking[tuple[IpInterface, ...]]:
    """Addresses of the interfaces of every VRF; recordings have those of the default one."""
    four, six = yield (
        Ask("show ip interface vrf all", JSON, recorded="show ip interface"),
        Ask("show ipv6 interface vrf all", JSON, optional=True, recorded="show ipv6 interface"),
    )
    v4 = {str(each["intf-name"]): each for each in rows(four, "TABLE_intf", "ROW_intf")}
    v6 = {str(each["intf-name"]): each for each in rows(six, "TABLE_intf", "ROW_intf")}
    return tuple(
        IpInterface(
            name=name,
            vrf=vrf_or_none((v4.get(name) or v6[name]).get("vrf-name-out")),
            ipv4=tuple(_ipv4(v4[name], v4)) if name in v4 else None,
            ipv6=tuple(_ipv6(v6[name])) if name in v6 else None,
        )
        for name in dict.fromkeys([*v4, *v6])
    )


def _ipv4(told: Any, among: dict[str, Any]) -> Iterator[Address]:
    """An interface's addresses; one without a number has that of another."""
    first = told if told.get("prefix") else among.get(str(told.get("unnum-intf", "")), {})
    if first.get("prefix"):
        yield Address(ip=ip(first["prefix"]), prefix_length=int(first["masklen"]), secondary=False)
    for each in rows(told, "TABLE_secondary_address", "ROW_secondary_address"):
        yield Address(ip=ip(each["prefix1"]), prefix_length=int(each["masklen1"]), secondary=True)


def _ipv6(told: Any) -> Iterator[Address]:
    found = told.get("addr", [each["addr"] for each in rows(told, "TABLE_addr", "ROW_addr")])
    of_all = told.get("prefix", "").rpartition("/")[2]
    for each in [found] if isinstance(found, str) else found:
        address, _, length = each.partition("/")
        length = length or of_all
        yield Address(ip=ip(address), prefix_length=int(length) if length else None)


def arp_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv4 neighbours in every VRF; recordings have those in the default one."""
    (reply,) = yield (Ask("show ip arp vrf all", JSON, recorded="show ip arp"),)
    return tuple(
        Neighbor(
            ip=ip(each["ip-addr-out"]),
            link_layer_address=mac_or_none(each.get("mac")),
            interface=each.get("intf-out"),
            vrf=vrf_or_none(vrf.get("vrf-name-out")),
            age_s=seconds(each["time-stamp"]),
        )
        for vrf in rows(reply, "TABLE_vrf", "ROW_vrf")
        for each in rows(vrf, "TABLE_adj", "ROW_adj")
    )


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """MAC addresses, learned and set."""
    (reply,) = yield (Ask("show mac address-table", JSON),)
    return tuple(_mac_entry(each) for each in rows(reply, "TABLE_mac_address", "ROW_mac_address"))


def _mac_entry(told: dict[str, Any]) -> MacEntry:
    name = text_or_none(told.get("disp_port")) or ""
    return mac_entry(
        str(told["disp_vlan"]),
        told["disp_mac_addr"],
        name,
        static=str(told.get("disp_is_static")) in STATIC,
        spelled=name if name and port(name) != name else None,
    )


def network_instances() -> Asking[tuple[NetworkInstance, ...]]:
    """VRFs and their interfaces."""
    vrfs, members = yield (Ask("show vrf detail", JSON), Ask("show vrf interface", JSON))
    return instances(vrfs, members)


def instances(vrfs: Any, members: Any) -> tuple[NetworkInstance, ...]:
    """VRFs and their interfaces, from the tables of both."""
    inside = rows(members, "TABLE_if", "ROW_if")
    return tuple(
        NetworkInstance(
            name=each["vrf_name"],
            type=InstanceType.DEFAULT if each["vrf_name"] == DEFAULT else InstanceType.L3VRF,
            route_distinguisher=None if each.get("rd", "") in NO_DISTINGUISHER else each["rd"],
            interfaces=tuple(member["if_name"] for member in inside if member["vrf_name"] == each["vrf_name"]),
        )
        for each in rows(vrfs, "TABLE_vrf", "ROW_vrf")
    )


def vlans() -> Asking[tuple[Vlan, ...]]:
    """VLANs and their ports."""
    (reply,) = yield (Ask("show vlan brief", JSON),)
    return vlans_of(reply)


def vlans_of(reply: Any) -> tuple[Vlan, ...]:
    """VLANs and their ports, from the table of them; some releases mangle the tag and tell it again beside."""
    return tuple(
        Vlan(
            id=int(each.get("vlanshowbr-vlanid-utf") or each["vlanshowbr-vlanid"]),
            name=text_or_none(each.get("vlanshowbr-vlanname")),
            interfaces=ports(each.get("vlanshowplist-ifidx", "")),
        )
        for each in rows(reply, "TABLE_vlanbriefxbrief", "ROW_vlanbriefxbrief")
    )


def bgp_neighbors() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of every VRF, each with all its families."""
    (reply,) = yield (Ask("show bgp all summary vrf all", JSON, optional=True),)
    found: dict[str, BgpInstance] = {}
    for vrf in rows(reply, "TABLE_vrf", "ROW_vrf"):
        local_as = as_number(vrf["vrf-local-as"])
        peers: dict[str, BgpNeighbor] = {}
        for family in rows(vrf, "TABLE_af", "ROW_af"):
            for sub in rows(family, "TABLE_saf", "ROW_saf"):
                name = FAMILIES.get((int(family["af-id"]), int(sub["safi"])), str(sub.get("af-name")).upper())
                for told in rows(sub, "TABLE_neighbor", "ROW_neighbor"):
                    peer = _neighbor(told, name, local_as)
                    known = peers.get(peer.address)
                    peers[peer.address] = with_family(known, peer) if known else peer
        found[vrf["vrf-name-out"]] = BgpInstance(
            vrf=vrf_or_none(vrf["vrf-name-out"]),
            router_id=text_or_none(vrf["vrf-router-id"]),
            local_as=local_as,
            neighbors=tuple(peers.values()),
        )
    return tuple(found.values())


def _neighbor(told: Any, family: str, local_as: int) -> BgpNeighbor:
    state = str(told["state"])
    enabled, up = state not in SHUT, state == "Established"
    age = seconds(told["time"].lower().removeprefix("p").replace("t", " ")) if told.get("time") else None
    whole = None if age is None else int(age)
    return BgpNeighbor(
        address=ip(told["neighborid"]),
        enabled=enabled,
        up=up,
        session_state=state if enabled else SHUT_STATE,
        local_as=local_as,
        peer_as=as_number(told["neighboras"]),
        established_s=whole if up else None,
        down_s=None if up else whole,
        messages_received=int(told["msgrecvd"]) if "msgrecvd" in told else None,
        messages_sent=int(told["msgsent"]) if "msgsent" in told else None,
        afi_safis=(AfiSafi(name=family, received=int(told["prefixreceived"]) if up else None),),
    )


def with_family(known: BgpNeighbor, more: BgpNeighbor) -> BgpNeighbor:
    """A session with one more of its families; it is the same session, in the same state."""
    fields = {name: getattr(known, name) for name in known.__struct_fields__}
    return BgpNeighbor(**{**fields, "afi_safis": (*known.afi_safis, *more.afi_safis)})


def ntp_servers() -> Asking[tuple[NtpServer, ...]]:
    """Servers and peers that the clock is set by."""
    (reply,) = yield (Ask("show ntp peers", JSON),)
    return tuple(
        NtpServer(address=ip(each["PeerIPAddress"]), association_type=each["serv_peer"].split()[0].upper())
        for each in rows(reply, "TABLE_peers", "ROW_peers")
    )


def ntp_stats() -> Asking[tuple[NtpAssociation, ...]]:
    """How the clock does with each server and peer; NX-OS counts their delay in seconds."""
    (reply,) = yield (Ask("show ntp peer-status", JSON),)
    return tuple(
        NtpAssociation(
            remote=ip(each["remote"]),
            synchronized=each.get("syncmode") == "*",
            stratum=int(each["st"]),
            poll=int(each["poll"]),
            reachability=int(each["reach"]),
            delay_ms=float(each["delay"]) * 1000,
        )
        for each in rows(reply, "TABLE_peersstatus", "ROW_peersstatus")
    )


def environment() -> Asking[Environment]:
    """Fans, temperatures, power, processor and memory: all of it, and that which is shared."""
    told, processes, memory, resources = yield (
        Ask("show environment", JSON),
        Ask("show processes cpu", JSON),
        Ask("show processes memory shared", JSON),
        Ask("show system resources", JSON, optional=True),
    )
    [fans, *_] = [value for key, value in told.items() if key.startswith("fandetails")]
    supplies = rows(told["powersup"], "TABLE_psinfo", "ROW_psinfo")
    idle = processes.get("idle_percent") or processes["TABLE_cpu_util"]["ROW_cpu_util"]["idle_percent"]
    return Environment(
        fans=tuple(_fan(each) for each in rows(fans, "TABLE_faninfo", "ROW_faninfo") if "PS" not in each["fanname"]),
        temperatures=tuple(_temperatures(rows(told, "TABLE_tempinfo", "ROW_tempinfo"))),
        power_supplies=tuple(_power_supply(each, number) for number, each in enumerate(supplies, 1)),
        cpus=(Cpu(name="0", usage_percent=round(100 - float(idle), 2)),),
        memories=(*([_memory(resources)] if resources else []), _shared_memory(memory)),
    )


def _memory(told: Any) -> Memory:
    physical, used, free = (int(told[f"memory_usage_{word}"]) * KIBI for word in ("total", "used", "free"))
    return Memory(physical=physical, used=used, free=free)


def _shared_memory(told: Any) -> Memory:
    shared = rows(told, "TABLE_process_tag", "ROW_process_tag")[0]
    return Memory(
        name=SHARED,
        free=int(shared["process-memory-share-total-shm-avail"]) * MEBI,
        used=int(shared["process-memory-share-total-shm-used"]) * MEBI,
    )


def is_ok(status: str | None) -> bool | None:
    """Whether a part is well, as its status says."""
    return None if status is None else status.lower() == "ok"


def _fan(told: Any) -> Fan:
    status = text_or_none(told.get("fanstatus"))
    return Fan(name=told["fanname"], ok=is_ok(status), status=status)


def _temperatures(told: list[Any]) -> Iterator[Temperature]:
    """Sensors, named by module, a number within the first module, and sensor: several have the same name."""
    number = 0
    for each in told:
        module = each["tempmod"].strip()
        number = number + 1 if module == "1" else 1
        status = text_or_none(each.get("alarmstatus"))
        celsius = float(each["curtemp"])
        yield Temperature(
            name=f"{module}-{number} {each['sensor'].strip()}",
            celsius=celsius,
            alarm=None if status is None else not is_ok(status),
            critical=celsius > float(each["majthres"]),
            status=status,
        )


def _power_supply(told: Any, number: int) -> PowerSupply:
    """A supply; where its capacity is not told, its model names it: N2200-PAC-400W."""
    status = next((text_or_none(value) for key, value in told.items() if key.startswith("ps_status")), None)
    output = str(told.get("watts") or told.get("actual_out") or "").split()
    capacity = str(told["tot_capa"]).split()[0] if "tot_capa" in told else _watts(told.get("psmodel", ""))
    return PowerSupply(
        name=str(told.get("psnum", number)),
        ok=is_ok(status),
        capacity_w=float(capacity) if capacity else None,
        output_w=float(output[0]) if output else None,
    )


def _watts(model: str) -> str:
    last = model.strip().rpartition("-")[2]
    return last[:-1] if last[:-1].isdigit() and last.endswith("W") else ""
