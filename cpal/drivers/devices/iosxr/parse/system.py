"""IOS-XR: facts, interfaces, NTP, SNMP, probes, from either tree; MAC addresses and counters over NETCONF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from cpal.drivers.devices.iosxr.parse.tree import either, is_true, members, plain, whole
from cpal.drivers.devices.parse.asking import TEXT, XML, Ask, Asking
from cpal.drivers.devices.parse.sanitized import CISCO, sanitized
from cpal.drivers.devices.parse.values import mac, mac_or_none
from cpal.drivers.devices.parse.xml import text
from cpal.model.device.facts import Facts
from cpal.model.device.interface import Counters, Interface
from cpal.model.device.neighbor import MacEntry
from cpal.model.device.state import Status
from cpal.model.device.system import Config, NtpAssociation, NtpServer, Probe, Snmp, SnmpCommunity

YANG = "http://cisco.com/ns/yang/Cisco-IOS-XR-"
KILOBIT = 1000
NANO = 10**9


def _get(path: str, where: str = "Configuration") -> Ask:
    """All of a table, over the XML agent."""
    names = path.split("/")
    closed = "".join(f"</{name}>" for name in reversed(names))
    return Ask("<Get><" + where + ">" + "".join(f"<{name}>" for name in names) + f"{closed}</{where}></Get>", XML)


def _filter(model: str, tree: str, *, config: bool = False) -> Ask:
    """A subtree of a YANG model, over NETCONF."""
    names = tree.split("/")
    opened = f'<{names[0]} xmlns="{YANG}{model}">' + "".join(f"<{name}>" for name in names[1:])
    closed = "".join(f"</{name}>" for name in reversed(names))
    return Ask(opened + closed, XML, recorded=f"{model}_{names[-1]}{'__running' if config else ''}")


INTERFACES = Ask("<Get><Operational><Interfaces/></Operational></Get>", XML)
FACTS = Ask(
    "<Get><Operational><SystemTime/><PlatformInventory><RackTable><Rack><Naming><Name>0</Name></Naming>"
    "<Attributes><BasicInfo/></Attributes></Rack></RackTable></PlatformInventory></Operational></Get>",
    XML,
    optional=True,
)
FACTS_OF_7 = Ask(
    "<Get><Operational><SystemTime/><Inventory><Entities><Entity><Naming><Name>Rack 0</Name></Naming><Attributes>"
    "<InvBasicBag></InvBasicBag></Attributes></Entity></Entities></Inventory></Operational></Get>",
    XML,
)
FACTS_NETCONF = Ask(
    f'<system-time xmlns="{YANG}shellutil-oper"/><interfaces xmlns="{YANG}pfi-im-cmd-oper"><interfaces><interface>'
    f'<interface-name/></interface></interfaces></interfaces><inventory xmlns="{YANG}invmgr-oper"><entities><entity>'
    "<attributes><inv-basic-bag/></attributes></entity></entities></inventory>",
    XML,
    recorded="shellutil-oper_system-time__pfi-im-cmd-oper_interfaces__invmgr-oper_inventory",
)


def facts() -> Asking[Facts]:
    """What the device is, over the XML agent; from 7 on the inventory is in another place."""
    (reply,) = yield (FACTS,)
    if reply is None:
        (reply,) = yield (FACTS_OF_7,)
    ports = yield from interfaces()
    tree = plain(reply)
    return _facts(tree, tree.find(".//basicinfo"), tuple(port.name for port in ports))


def facts_netconf() -> Asking[Facts]:
    """What the device is, over NETCONF."""
    (reply,) = yield (FACTS_NETCONF,)
    tree = plain(reply)
    names = tuple(text(each) or "" for each in tree.findall(".//interfaces/interfaces/interface/interfacename"))
    return _facts(tree, tree.find(".//inventory/entities/entity/attributes/invbasicbag"), names)


def _facts(tree: Element, inventory: Element | None, interfaces: tuple[str, ...]) -> Facts:
    inventory = tree.find(".//invbasicbag") if inventory is None else inventory
    uptime = whole(tree, ".//systemtime/uptime/uptime")
    host = either(tree, ".//systemtime/uptime/hostname")
    return Facts(
        vendor="Cisco",
        hostname=host,
        fqdn=host,
        model=either(inventory, "modelname"),
        serial_number=either(inventory, "serialnumber"),
        os_version=either(inventory, "softwarerevision"),
        uptime_s=None if uptime is None else float(uptime),
        interfaces=interfaces,
    )


def interfaces() -> Asking[tuple[Interface, ...]]:
    """Interfaces and their state, over the XML agent."""
    (reply,) = yield (INTERFACES,)
    found = plain(reply).findall(".//interfaces/interfacetable/interface")
    return tuple(_interface(each) for each in found if either(each, "naming/interfacename"))


def interfaces_netconf() -> Asking[tuple[Interface, ...]]:
    """Interfaces and their state, over NETCONF."""
    (reply,) = yield (_filter("pfi-im-cmd-oper", "interfaces"),)
    return tuple(map(_interface, plain(reply).findall(".//interfaces/interfacexr/interface")))


def _interface(told: Element) -> Interface:
    bandwidth, changed = whole(told, "bandwidth"), whole(told, "laststatetransitiontime")
    return Interface(
        name=either(told, "naming/interfacename", "interfacename") or "",
        admin_status=Status.DOWN if _word(told, "state") == "imstateadmindown" else Status.UP,
        oper_status=Status.UP if _word(told, "linestate") == "imstateup" else Status.DOWN,
        description=either(told, "description"),
        mtu=whole(told, "mtu"),
        speed_bps=None if bandwidth is None else bandwidth * KILOBIT,
        mac_address=mac_or_none(either(told, "macaddress/address")),
        last_change=None if changed is None else changed / NANO,
    )


def _word(told: Element, path: str) -> str:
    """`IM_STATE_UP` or `im-state-up`, as one word."""
    return re.sub(r"[-_]", "", either(told, path) or "").lower()


def interfaces_counters_agent() -> Asking[tuple[Counters, ...]]:
    """Counters of the interfaces that have some, over the XML agent."""
    (reply,) = yield (_get("Interfaces/InterfaceTable", "Operational"),)
    found = plain(reply).findall(".//interfacetable/interface")
    return tuple(_counters(each) for each in found if each.find("interfacestatistics") is not None)


def interfaces_counters() -> Asking[tuple[Counters, ...]]:
    """Counters of interfaces, over NETCONF."""
    (reply,) = yield (_filter("pfi-im-cmd-oper", "interfaces"),)
    return tuple(map(_counters, plain(reply).findall(".//interfaces/interfacexr/interface")))


def _counters(told: Element) -> Counters:
    counted = told.find("interfacestatistics/fullinterfacestats")
    return Counters(
        interface=either(told, "interfacename", "interfacehandle", "naming/interfacename") or "",
        in_octets=whole(counted, "bytesreceived"),
        in_unicast_pkts=whole(counted, "packetsreceived"),
        in_multicast_pkts=whole(counted, "multicastpacketsreceived"),
        in_broadcast_pkts=whole(counted, "broadcastpacketsreceived"),
        in_discards=whole(counted, "inputdrops"),
        in_errors=whole(counted, "inputerrors"),
        out_octets=whole(counted, "bytessent"),
        out_unicast_pkts=whole(counted, "packetssent"),
        out_multicast_pkts=whole(counted, "multicastpacketssent"),
        out_broadcast_pkts=whole(counted, "broadcastpacketssent"),
        out_discards=whole(counted, "outputdrops"),
        out_errors=whole(counted, "outputerrors"),
    )


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """MAC addresses in bridge domains, over NETCONF; a domain is told as the VLAN that it is named after."""
    (reply,) = yield (_filter("l2vpn-oper", "l2vpn-forwarding"),)
    return tuple(map(_mac_entry, plain(reply).findall(".//l2vpnforwarding/nodes/node/l2fibmacdetails/l2fibmacdetail")))


def _mac_entry(told: Element) -> MacEntry:
    vlan = (either(told, "name") or "").replace("vlan", "")
    return MacEntry(
        mac_address=mac(either(told, "address") or ""),
        interface=either(told, "segment/ac/interfacehandle"),
        vlan=int(vlan) if vlan.isdigit() else None,
        active=True,
    )


NTP, NTP_NETCONF = _get("NTP"), _filter("ip-ntp-cfg", "ntp", config=True)
NTP_STATS, NTP_STATS_NETCONF = _get("NTP/NodeTable", "Operational"), _filter("ip-ntp-oper", "ntp")
OWN_NODE = "DLRSC node"


def _ntp(ask: Ask, kind: str) -> Asking[tuple[NtpServer, ...]]:
    (reply,) = yield (ask,)
    return tuple(_ntp_servers(plain(reply), kind))


def _ntp_servers(tree: Element, kind: str) -> Iterator[NtpServer]:
    for vrf in members(tree, ".//peervrftable/peervrf", ".//peervrfs/peervrf"):
        for version in ("ipv4", "ipv6"):
            name = f"peer{version}"
            for each in members(vrf, f"{name}table/{name}", f"{name}s/{name}"):
                told = each.find(f"peertype{version}")
                address = either(each, f"naming/address{version}", f"address{version}")
                if (either(told, "naming/peertype", "peertype") or "").lower() == kind and address:
                    of = either(vrf, "naming/vrfname", "vrfname")
                    yield NtpServer(
                        address=address, association_type=kind.upper(), vrf=None if of == "default" else of,
                        version=whole(told, "ntpversion"), iburst=told is not None and told.find("iburst") is not None,
                        prefer=told is not None and told.find("preferredpeer") is not None,
                    )  # fmt: skip


def ntp_servers() -> Asking[tuple[NtpServer, ...]]:
    """Servers that the clock is set by, as configured, over the XML agent."""
    return (yield from _ntp(NTP, "server"))


def ntp_peers() -> Asking[tuple[NtpServer, ...]]:
    """Peers that the clock is set with, as configured, over the XML agent."""
    return (yield from _ntp(NTP, "peer"))


def ntp_servers_netconf() -> Asking[tuple[NtpServer, ...]]:
    """Servers that the clock is set by, as configured, over NETCONF."""
    return (yield from _ntp(NTP_NETCONF, "server"))


def ntp_peers_netconf() -> Asking[tuple[NtpServer, ...]]:
    """Peers that the clock is set with, as configured, over NETCONF."""
    return (yield from _ntp(NTP_NETCONF, "peer"))


def _ntp_stats(ask: Ask) -> Asking[tuple[NtpAssociation, ...]]:
    (reply,) = yield (ask,)
    summaries = "peersummaryinfo/entry", "peersummaryinfo"
    found = members(plain(reply), *(f".//associations/{each}/peerinfocommon" for each in summaries))
    return tuple(_association(each) for each in found if either(each, "address") != OWN_NODE)


def _association(told: Element) -> NtpAssociation:
    return NtpAssociation(
        remote=either(told, "address") or "",
        reference_id=either(told, "referenceid"),
        synchronized=is_true(told, "issyspeer"),
        stratum=whole(told, "stratum"),
        poll=whole(told, "hostpoll"),
        reachability=whole(told, "reachability"),
        delay_ms=_real(told, "delay"),
        offset_ms=_real(told, "offset"),
        jitter_ms=_real(told, "dispersion"),
    )


def _real(told: Element, path: str) -> float | None:
    found = either(told, path)
    return None if found is None else float(found)


def ntp_stats() -> Asking[tuple[NtpAssociation, ...]]:
    """How the clock does with each server, over the XML agent."""
    return (yield from _ntp_stats(NTP_STATS))


def ntp_stats_netconf() -> Asking[tuple[NtpAssociation, ...]]:
    """How the clock does with each server, over NETCONF."""
    return (yield from _ntp_stats(NTP_STATS_NETCONF))


MODES = {"readonly": "ro", "read-only": "ro", "readwrite": "rw", "read-write": "rw"}


def _snmp(ask: Ask) -> Asking[Snmp]:
    (reply,) = yield (ask,)
    tree = plain(reply)
    return Snmp(
        chassis_id=either(tree, ".//chassisid"),
        contact=either(tree, ".//contact"),
        location=either(tree, ".//location"),
        communities=tuple(
            SnmpCommunity(
                name=either(each, "naming/communityname", "communityname") or "",
                mode=MODES.get((either(each, "priviledge") or "").lower()),
                acl=either(each, "v6accesslist", "v4accesslist", "accesslist"),
            )
            for each in tree.iter("defaultcommunity")
        ),
    )


def snmp_information() -> Asking[Snmp]:
    """Where the device says it is, and its communities, over the XML agent."""
    return (yield from _snmp(_get("SNMP")))


def snmp_information_netconf() -> Asking[Snmp]:
    """Where the device says it is, and its communities, over NETCONF."""
    return (yield from _snmp(_filter("snmp-agent-cfg", "snmp", config=True)))


PROBE_TYPES = {
    "icmpecho": "icmp-ping",
    "udpecho": "udp-ping",
    "icmpjitter": "icmp-ping-timestamp",
    "udpjitter": "udp-ping-timestamp",
}


def _probes(ask: Ask) -> Asking[tuple[Probe, ...]]:
    (reply,) = yield (ask,)
    return tuple(
        _probe(each, operation)
        for each in plain(reply).iter("definition")
        for operation in list(each.find("operationtype") or ())[:1]
    )


def _probe(told: Element, operation: Element) -> Probe:
    return Probe(
        owner=either(told, "naming/operationid", "operationid") or "",
        name=either(operation, "tag") or "",
        type=PROBE_TYPES.get(operation.tag),
        target=either(operation, "destaddress"),
        source=either(operation, "sourceaddress"),
        count=whole(operation, "history/buckets"),
        interval_s=whole(operation, "frequency"),
    )


def probes_config() -> Asking[tuple[Probe, ...]]:
    """IP SLA operations, as configured, over the XML agent."""
    return (yield from _probes(_get("IPSLA")))


def probes_config_netconf() -> Asking[tuple[Probe, ...]]:
    """IP SLA operations, as configured, over NETCONF."""
    return (yield from _probes(_filter("man-ipsla-cfg", "ipsla", config=True)))


SHOWN = re.compile(r"<Configuration>(.*)</Configuration>", re.DOTALL)
NOT_TOLD = re.compile(r"^(?:Building configuration|!! IOS XR Configuration version).*$", re.MULTILINE)
"""Lines of a configuration that are about the answer, not of it."""


def config(*, only: str = "", without_secrets: bool = False) -> Asking[Config]:
    """The running configuration and the one that a commit would make of the candidate, over the XML agent."""
    commands = {"running": "show running-config", "candidate": "show configuration merge"}
    fields = [field for field in commands if only in ("", field)]
    replies = yield tuple(Ask(f"<CLI><Configuration>{commands[field]}</Configuration></CLI>", TEXT) for field in fields)
    found = {field: _shown(reply) for field, reply in zip(fields, replies, strict=True)}
    return Config(**{field: sanitized(each, CISCO) if without_secrets else each for field, each in found.items()})


def _shown(reply: str) -> str:
    found = SHOWN.search(reply)
    return NOT_TOLD.sub("", found[1] if found else reply)


def config_netconf(*, only: str = "", without_secrets: bool = False) -> Asking[Config]:
    """The running configuration and the candidate, if there is one, over NETCONF."""
    fields = [field for field in ("running", "candidate") if only in ("", field)]
    replies = yield tuple(
        Ask(f'<cli xmlns="{YANG}cli-cfg"/> of {field}', XML, recorded=f"cli-cfg_cli__{field}") for field in fields
    )
    found = {field: text(reply, ".//cli") for field, reply in zip(fields, replies, strict=True)}
    return Config(
        **{field: sanitized(each, CISCO) if without_secrets and each else each for field, each in found.items()}
    )
