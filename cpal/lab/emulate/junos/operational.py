"""What a Junos device answers to RPCs that ask how it fares, as XML. Source: Junos XML API operational reference."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from cpal.lab.emulate.device import Cable, Device
from cpal.lab.emulate.junos import lacp, state
from cpal.lab.emulate.junos.configuration import hostname
from cpal.lab.emulate.junos.xml import built, fields, plain

if TYPE_CHECKING:
    from cpal.lab.emulate.junos.commits import Commits

ZONE = "UTC"


def argument(rpc: Element, *names: str) -> str:
    """What an RPC has below it under one of these names; its presence alone is "yes"."""
    for each in rpc:
        if plain(each.tag) in names:
            return (each.text or "").strip() or "yes"
    return ""


def _software(device: Device, rpc: Element) -> Element:
    who = device.identity
    return built(
        "software-information",
        *fields(
            host_name=hostname(device.running),
            product_model=who.model.lower(),
            product_name=who.model.lower(),
            junos_version=who.version,
        ),
        built("package-information", *fields(name="os-kernel", comment=f"an emulator, no Junos OS [{who.version}]")),
    )


def _system(device: Device, rpc: Element) -> Element:
    who = device.identity
    return built(
        "system-information",
        *fields(
            hardware_model=who.model.lower(),
            os_name="junos",
            os_version=who.version,
            serial_number=who.serial,
            host_name=hostname(device.running),
        ),
    )


def _inventory(device: Device, rpc: Element) -> Element:
    who = device.identity
    return built(
        "chassis-inventory",
        built("chassis", *fields(name="Chassis", serial_number=who.serial, description=f"{who.model} (emulator)")),
    )


def _engine(device: Device, rpc: Element) -> Element:
    up = int(device.uptime_s())
    return built(
        "route-engine-information",
        built(
            "route-engine",
            *fields(
                slot=0,
                mastership_state="master",
                status="OK",
                model="RE-EMULATOR",
                memory_dram_size="4096 MB",
                memory_buffer_utilization=50,
                memory_system_total_used=2048,
                cpu_idle=100,
                last_reboot_reason="Router rebooted after a normal shutdown.",
            ),
            built("start-time", _date(device.booted_at), junos_seconds=str(int(device.booted_at))),
            built("up-time", f"{up} seconds", junos_seconds=str(up)),
        ),
    )


def _date(at: float) -> str:
    return time.strftime(f"%Y-%m-%d %H:%M:%S {ZONE}", time.gmtime(at))


def _uptime(device: Device, rpc: Element) -> Element:
    now, up = time.time(), int(device.uptime_s())
    return built(
        "system-uptime-information",
        built("current-time", built("date-time", _date(now), junos_seconds=str(int(now)))),
        built(
            "system-booted-time",
            built("date-time", _date(device.booted_at), junos_seconds=str(int(device.booted_at))),
            built("time-length", f"{up} seconds", junos_seconds=str(up)),
        ),
        built("uptime-information", built("up-time", f"{up} seconds", junos_seconds=str(up))),
    )


def _interfaces(device: Device, rpc: Element) -> Element:
    wanted = argument(rpc, "interface-name")
    terse, extensive = argument(rpc, "terse"), argument(rpc, "extensive")
    found = built("interface-information")
    for each in state.interfaces(device):
        if not wanted or fnmatch.fnmatchcase(each.name, wanted) or wanted.startswith(f"{each.name}."):
            found.append(_physical(each, wanted, bool(terse), bool(extensive)))
    return found


def _physical(each: state.Physical, wanted: str, terse: bool, extensive: bool) -> Element:
    found = built(
        "physical-interface",
        *fields(name=each.name, admin_status="up" if each.enabled else "down", oper_status="up" if each.up else "down"),
    )
    if not terse:
        if each.description:
            found.append(built("description", each.description))
        found.extend(
            fields(mtu=each.mtu, speed="10Gbps", current_physical_address=each.mac, hardware_physical_address=each.mac)
        )
        found.append(
            built(
                "interface-flapped",
                _date(each.changed_at),
                junos_seconds=str(max(0, int(time.time() - each.changed_at))),
            )
        )
        if extensive:
            found.extend(_counters())
    for unit in each.units:
        if "." not in wanted or unit.name == wanted:
            found.append(_logical(each, unit, terse))
    found.extend(lacp.membership(each, terse) if "." not in wanted or wanted == f"{each.name}.0" else [])
    return found


def _counters() -> list[Element]:
    zero = 0
    return [
        built("traffic-statistics", *fields(input_bytes=zero, output_bytes=zero)),
        built("input-error-list", *fields(input_errors=zero, input_discards=zero)),
        built("output-error-list", *fields(output_errors=zero, output_drops=zero)),
        built(
            "ethernet-mac-statistics",
            *fields(
                input_broadcasts=zero,
                output_broadcasts=zero,
                input_unicasts=zero,
                output_unicasts=zero,
                input_multicasts=zero,
                output_multicasts=zero,
            ),
        ),
    ]


def _logical(port: state.Physical, unit: state.Logical, terse: bool) -> Element:
    up = "up" if port.up and unit.enabled else "down"
    found = built("logical-interface", *fields(name=unit.name))
    if terse:
        found.extend(fields(admin_status="up" if unit.enabled else "down", oper_status=up))
    else:
        if unit.description:
            found.append(built("description", unit.description))
        found.append(built("if-config-flags", built("iff-up" if unit.enabled else "iff-down")))
    for node in unit.section.each("family"):
        family = built(
            "address-family", *fields(address_family_name=node.words[1].replace("ethernet-switching", "eth-switch"))
        )
        for address in unit.addresses(node.words[1]) if node.words[1].startswith("inet") else ():
            family.append(
                built("interface-address", *fields(ifa_local=address if terse else address.partition("/")[0]))
            )
        found.append(family)
    return found


def _lldp_heard(device: Device) -> dict[str, Cable]:
    protocols = device.running.find("protocols")
    lldp = protocols.find("lldp") if protocols else None
    on = {node.words[1]: not node.has("disable") for node in lldp.each("interface")} if lldp else {}
    up = {each.name for each in state.interfaces(device) if each.up}
    return {port: cable for port, cable in device.cables.items() if port in up and on.get(port, on.get("all", False))}


def _lldp(device: Device, rpc: Element) -> Element:
    wanted = argument(rpc, "interface-device", "interface-name")
    found = built("lldp-neighbors-information")
    for port, cable in _lldp_heard(device).items():
        if wanted in ("", port):
            entry = built(
                "lldp-neighbor-information",
                *fields(
                    lldp_local_port_id=port,
                    lldp_local_interface=port,
                    lldp_local_parent_interface_name="-",
                    lldp_remote_chassis_id_subtype="Locally assigned",
                    lldp_remote_chassis_id=cable.device,
                    lldp_remote_port_id=cable.port,
                    lldp_remote_port_description=cable.port,
                    lldp_remote_system_name=cable.device,
                ),
            )
            if wanted:
                entry.append(built("lldp-system-description", built("lldp-remote-system-description", "")))
                entry.extend(
                    fields(
                        lldp_remote_system_capabilities_supported="Bridge Router",
                        lldp_remote_system_capabilities_enabled="Bridge Router",
                    )
                )
            found.append(entry)
    return found


def _vlans(device: Device, rpc: Element) -> Element:
    up = {unit.name for each in state.interfaces(device) if each.up for unit in each.units}
    found = built("l2ng-l2ald-vlan-instance-information")
    for name, number, members in state.vlans(device):
        group = built(
            "l2ng-l2ald-vlan-instance-group",
            *fields(l2ng_l2rtb_name="default-switch", l2ng_l2rtb_vlan_name=name, l2ng_l2rtb_vlan_tag=number),
        )
        for member in members:
            group.append(
                built(
                    "l2ng-l2rtb-vlan-member",
                    *fields(l2ng_l2rtb_vlan_member_interface=member + ("*" if member in up else "")),
                )
            )
        found.append(group)
    return found


def _macs(device: Device, rpc: Element) -> Element:
    found = built("l2ng-l2ald-rtb-macdb")
    numbers = {number: name for name, number, _ in state.vlans(device)}
    group = built(
        "l2ng-l2ald-mac-entry-vlan",
        *fields(mac_count_global=len(device.stations), l2ng_l2_mac_routing_instance="default-switch"),
    )
    found.append(group)
    if argument(rpc, "summary"):
        return found
    found.remove(group)
    for each in device.stations:
        found.append(
            built(
                "l2ng-l2ald-mac-entry-vlan",
                *fields(
                    l2ng_l2_mac_address=each.mac,
                    l2ng_l2_mac_vlan_name=numbers.get(str(each.vlan), ""),
                    l2ng_l2_vlan_id=each.vlan,
                    l2ng_l2_mac_logical_interface=f"{each.port}.0",
                    l2ng_l2_mac_flags="D",
                ),
            )
        )
    return found


def _arp(device: Device, rpc: Element) -> Element:
    irbs = dict(_l3_interfaces(device))
    found = built("arp-table-information")
    for each in (each for each in device.stations if each.ip):
        interface = f"{irbs[str(each.vlan)]} [{each.port}.0]" if str(each.vlan) in irbs else f"{each.port}.0"
        found.append(
            built(
                "arp-table-entry",
                *fields(
                    mac_address=each.mac,
                    ip_address=each.ip,
                    hostname=each.ip,
                    interface_name=interface,
                    time_to_expire=1200,
                ),
            )
        )
    return found


def _l3_interfaces(device: Device) -> list[tuple[str, str]]:
    held = [device.running.find("vlans"), *(node.find("vlans") for _, _, node in state.instances(device))]
    return [
        (node.value("vlan-id") or "", node.value("l3-interface") or "")
        for section in held
        if section
        for node in section.children()
        if node.has("l3-interface")
    ]


def _instances(device: Device, rpc: Element) -> Element:
    found = built("instance-information")
    for name, kind, _ in state.instances(device):
        found.append(built("instance-core", *fields(instance_name=name, instance_type=kind)))
    return found


def _bgp(device: Device, rpc: Element) -> Element:
    instance = argument(rpc, "instance") or "master"
    wanted = argument(rpc, "neighbor-address")
    found = built("bgp-information")
    for each in state.peers(device, instance):
        if wanted in ("", "yes", each.address):
            found.append(_peer(each, instance))
    return found


def _peer(each: state.Peer, instance: str) -> Element:
    up = each.established
    found = built(
        "bgp-peer",
        *fields(
            peer_address=f"{each.address}+179",
            peer_as=each.peer_as,
            local_address="",
            local_as=each.local_as,
            description=each.description,
            peer_group=each.group,
            peer_fwd_rti=instance,
            peer_type=each.kind,
            peer_state="Established" if up else "Idle" if each.shut else "Active",
            last_state="OpenConfirm" if up else "Idle",
            last_event="RecvKeepAlive" if up else "Start",
            flap_count=0,
            peer_id=each.address if up else "0.0.0.0",
            local_id=each.local_id,
            active_holdtime=90 if up else 0,
            keepalive_interval=30,
        ),
    )
    options = built(
        "bgp-option-information",
        *fields(
            export_policy=each.exported,
            import_policy=each.imported,
            bgp_options="HoldTime",
            bgp_options_extended="Shutdown" if each.shut else "",
            holdtime=90,
        ),
    )
    found.append(options)
    if up:
        found.append(
            built(
                "bgp-rib",
                *fields(
                    name="inet.0",
                    bgp_rib_state="BGP restart is complete",
                    send_state="in sync",
                    active_prefix_count=0,
                    received_prefix_count=0,
                    accepted_prefix_count=0,
                    suppressed_prefix_count=0,
                    advertised_prefix_count=0,
                ),
            )
        )
        found.extend(fields(input_messages=1, output_messages=1, input_updates=0, output_updates=0))
    return found


def _bgp_summary(device: Device, rpc: Element) -> Element:
    instance = argument(rpc, "instance").replace("yes", "") or "master"
    found = built("bgp-information")
    for each in state.peers(device, instance):
        up = int(device.uptime_s())
        peer = built(
            "bgp-peer",
            *fields(
                peer_address=each.address,
                peer_as=each.peer_as,
                peer_state="Established" if each.established else "Active",
            ),
        )
        peer.append(built("elapsed-time", f"{up}", junos_seconds=str(up)))
        found.append(peer)
    return found


def _routes(device: Device, rpc: Element) -> Element:
    wanted, protocol = argument(rpc, "destination"), argument(rpc, "protocol").lower()
    found = built("route-information")
    for instance, _, _ in state.instances(device):
        table = built("route-table", built("table-name", "inet.0" if instance == "master" else f"{instance}.inet.0"))
        for prefix, kind, hop, via in state.routes(device, instance):
            if (not wanted or wanted.partition("/")[0] == prefix.partition("/")[0]) and protocol in ("", kind.lower()):
                address, _, length = prefix.partition("/")
                hops = built("nh", built("selected-next-hop"), *fields(**({"to": hop} if hop else {}), via=via))
                entry = built(
                    "rt-entry",
                    built("active-tag", "*"),
                    built("current-active"),
                    *fields(protocol_name=kind, preference=0 if kind == "Direct" else 5),
                )
                entry.append(built("age", "1", junos_seconds=str(int(device.uptime_s()))))
                entry.append(hops)
                table.append(built("rt", *fields(rt_destination=address, rt_prefix_length=length), entry))
        if table.find("rt") is not None:
            found.append(table)
    return found


def _environment(device: Device, rpc: Element) -> Element:
    return built("environment-information")


def _power(device: Device, rpc: Element) -> Element:
    return built("power-usage-information")


def _thresholds(device: Device, rpc: Element) -> Element:
    return built("temperature-threshold-information")


def _optics(device: Device, rpc: Element) -> Element:
    return built("interface-information")


def _nd(device: Device, rpc: Element) -> Element:
    return built("ipv6-nd-information")


def commits(held: Commits) -> Element:
    """The commits there were, the last one first."""
    found = built("commit-information")
    for number, each in enumerate(held.history):
        entry = built("commit-history", *fields(sequence_number=number, user=each.user, client="netconf"))
        entry.append(built("date-time", _date(each.at), junos_seconds=str(int(each.at))))
        entry.extend(fields(**{name: said for name, said in (("comment", each.note), ("log", each.comment)) if said}))
        if number == 0 and held.pending:
            entry.append(built("commit-confirmed", "rollback pending"))
        found.append(entry)
    return found


def revision(held: Commits) -> Element:
    """The last commit, with what was said of it."""
    last = held.history[0]
    found = built("commit-revision-information", *fields(revision=last.revision, user=last.user, client="netconf"))
    found.append(built("date-time", _date(last.at), junos_seconds=str(int(last.at))))
    if said := last.note if held.pending else last.comment:
        found.append(built("comment", said))
    return found


ANSWERS: Mapping[str, Callable[[Device, Element], Element]] = {
    "get-software-information": _software,
    "get-system-information": _system,
    "get-chassis-inventory": _inventory,
    "get-route-engine-information": _engine,
    "get-system-uptime-information": _uptime,
    "get-interface-information": _interfaces,
    "get-lacp-interface-information": lacp.information,
    "get-lldp-neighbors-information": _lldp,
    "get-lldp-interface-neighbors": _lldp,
    "get-vlan-information": _vlans,
    "get-ethernet-switching-table-information": _macs,
    "get-arp-table-information": _arp,
    "get-ipv6-nd-information": _nd,
    "get-instance-information": _instances,
    "get-bgp-neighbor-information": _bgp,
    "get-bgp-summary-information": _bgp_summary,
    "get-route-information": _routes,
    "get-environment-information": _environment,
    "get-power-usage-information-detail": _power,
    "get-temperature-threshold-information": _thresholds,
    "get-interface-optics-diagnostics-information": _optics,
}
"""What answers an RPC."""
