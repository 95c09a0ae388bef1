"""Hypervisors, the top-of-rack switch, the underlay and the outside hosts: their cables, bridges and addresses.

      hvN  eth0  ---- underlay: a kernel bridge, jumbo frames: tunnels between hypervisors
           phys0 ---- tor: an Open vSwitch, trunk ports: the physical network
      outside-flat, outside-vlan42  eth0 ---- tor: untagged, and an access port of VLAN 42

A hypervisor has br-int (OVN's), br-ex (the physical network) and, with the userspace datapath, br-ul: userspace
tunnels start and end at the address of an Open vSwitch bridge's own port. With the kernel datapath (openvswitch.ko) the
tunnel endpoint's address sits on eth0. The kernel path could not be run on the machines where this was built, whose
kernels have no openvswitch.ko; it follows ovs-vswitchd.conf.db(5) and ovn-controller(8).

Beside a fabric, the top-of-rack switch has a bridge for each hypervisor instead, and leads to its leaf
(`fabric.topology`); hosts outside are the fabric's.

Every step can be done again: `up` heals a lab by doing them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from .fabric.topology import Fabric, hypervisor_ports, rack_port
from .layout import PHYSICAL_NETWORK, TOP_OF_RACK, UNDERLAY, UNDERLAY_MTU, UNDERLAY_PREFIX_LENGTH, Layout
from .namespaces import STEP, Cable, shell
from .processes import run
from .records import Datapath, Encapsulation, Hypervisor, OutsideHost

UNDERLAY_BRIDGE = "br-ul"
_QUIET = (
    "ip link set lo up",
    "if [ -d /proc/sys/net/ipv6 ]; then",
    "  echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6",
    "fi",
    "echo 0 >/proc/sys/net/ipv4/ip_forward",
    "echo 8 >/proc/sys/net/ipv4/conf/default/arp_ignore",
)
"""A switch's own kernel must not answer on the ports that Open vSwitch forwards: no IPv6, no routing, no ARP replies.

Open vSwitch's userspace datapath reads frames beside the kernel's stack, not instead of it.
"""


def switches(hypervisors: Iterable[Hypervisor]) -> list[str]:
    """Names of the nodes with an Open vSwitch of their own."""
    return [TOP_OF_RACK, *(hypervisor.name for hypervisor in hypervisors)]


def cables(layout: Layout, hypervisors: Iterable[Hypervisor], outside_hosts: Iterable[OutsideHost]) -> list[Cable]:
    """The lab's fixed cabling, with these hosts outside."""
    found = []
    for hypervisor in hypervisors:
        found += [
            Cable(hypervisor.name, "eth0", UNDERLAY, f"u-{hypervisor.name}", UNDERLAY_MTU),
            Cable(hypervisor.name, "phys0", TOP_OF_RACK, f"p-{hypervisor.name}", 1500),
        ]
    for host in outside_hosts:
        found.append(Cable(host.name, "eth0", TOP_OF_RACK, _outside_port(host), 1500, host.mac_address))
    return found


def quieten(layout: Layout, name: str) -> None:
    """Silence the kernel of a switch's namespace; must come before its cables, which inherit this."""
    shell(layout, name, _QUIET)


def connect_underlay(layout: Layout, hypervisors: Iterable[Hypervisor]) -> None:
    """The bridge that carries tunnels, with a port for each hypervisor."""
    bridge = UNDERLAY_BRIDGE
    ports = [f"ip link set u-{hypervisor.name} master {bridge} up" for hypervisor in hypervisors]
    make = f"[ -d /proc/sys/net/ipv4/conf/{bridge} ] || ip link add {bridge} type bridge"
    shell(layout, UNDERLAY, [make, f"ip link set {bridge} mtu {UNDERLAY_MTU} up", *ports])


def configure_top_of_rack(layout: Layout, hypervisors: Iterable[Hypervisor], datapath: Datapath) -> None:
    """The switch behind all hypervisors: trunk ports to them, an access port to each outside host."""
    words = _bridge("br-tor", datapath, "standalone")
    for hypervisor in hypervisors:
        words += ["--", "--may-exist", "add-port", "br-tor", f"p-{hypervisor.name}"]
    for host in layout.outside_hosts:
        words += ["--", "--may-exist", "add-port", "br-tor", _outside_port(host)]
        words += [f"tag={host.vlan}"] if host.vlan is not None else []
    configure(layout, TOP_OF_RACK, words)


def configure_racks(layout: Layout, fabric: Fabric, datapath: Datapath) -> None:
    """The same beside a fabric: for each hypervisor a switch that leads each VLAN to a port of its leaf.

    Source: ovs-vswitchd.conf.db(5), Port `tag`, `trunks`: VLAN 0 is what has no tag.
    """
    words: list[str] = []
    for number in fabric.hypervisor_numbers:
        bridge = f"br-hv{number}"
        words += [
            "--",
            *_bridge(bridge, datapath, "standalone"),
            "--",
            "--may-exist",
            "add-port",
            bridge,
            f"p-hv{number}",
        ]
        for vlan, port in hypervisor_ports(number).items():
            words += ["--", "--may-exist", "add-port", bridge, rack_port(port)]
            words += ["trunks=0"] if vlan == "untagged" else [f"tag={vlan}"]
    configure(layout, TOP_OF_RACK, words[1:])


def settle_top_of_rack(layout: Layout, hypervisors: Iterable[Hypervisor], fabric: Fabric | None) -> None:
    """Bring the switch's ports up."""
    ports = [f"p-{hypervisor.name}" for hypervisor in hypervisors]
    if fabric is None:
        ports += [_outside_port(host) for host in layout.outside_hosts]
    else:
        ports += [rack_port(port) for each in fabric.hypervisor_numbers for port in hypervisor_ports(each).values()]
    shell(layout, TOP_OF_RACK, [f"ip link set {port} up" for port in ports])


def configure_hypervisor(
    layout: Layout, hypervisor: Hypervisor, encapsulation: Encapsulation, datapath: Datapath
) -> None:
    """A hypervisor's bridges and what its ovn-controller reads, in one transaction.

    Source: ovn-controller(8), section "Configuration".
    """
    words = [*_bridge("br-int", datapath, "secure"), "other_config:disable-in-band=true"]
    words += ["--", *_bridge("br-ex", datapath, "standalone"), "--", "--may-exist", "add-port", "br-ex", "phys0"]
    if datapath == "netdev":
        words += [
            "--",
            *_bridge(UNDERLAY_BRIDGE, datapath, "standalone"),
            f"other_config:hwaddr={_vtep_mac(hypervisor)}",
        ]
        words += ["--", "--may-exist", "add-port", UNDERLAY_BRIDGE, "eth0"]
        words += ["--", "set", "Interface", UNDERLAY_BRIDGE, f"mtu_request={UNDERLAY_MTU}"]
    words += ["--", "set", "Open_vSwitch", "."]
    settings = {
        "system-id": hypervisor.name,
        "hostname": hypervisor.name,
        "ovn-remote": layout.endpoints.southbound,
        "ovn-encap-type": encapsulation,
        "ovn-encap-ip": hypervisor.underlay_address,
        "ovn-bridge-mappings": f"{PHYSICAL_NETWORK}:br-ex",
        "ovn-chassis-mac-mappings": f"{PHYSICAL_NETWORK}:{_router_mac(hypervisor)}",
        "ovn-bridge-datapath-type": datapath,
    }
    words += [f'external_ids:{key}="{value}"' for key, value in settings.items()]
    configure(layout, hypervisor.name, words)


def settle_hypervisor(layout: Layout, hypervisor: Hypervisor, others: Iterable[Hypervisor], datapath: Datapath) -> None:
    """Give the tunnel endpoint its address, on an interface that exists once vswitchd runs, and its neighbours."""
    endpoint = UNDERLAY_BRIDGE if datapath == "netdev" else "eth0"
    lines = [
        "ip link set eth0 up",
        "ip link set phys0 up",
        f"echo 0 >/proc/sys/net/ipv4/conf/{endpoint}/arp_ignore",
        f"ip address replace {hypervisor.underlay_address}/{UNDERLAY_PREFIX_LENGTH} dev {endpoint}",
        f"ip link set {endpoint} up",
    ]
    if datapath == "netdev":
        lines += [_know_neighbour(other) for other in others if other != hypervisor]
    shell(layout, hypervisor.name, lines)


def settle_outside_host(layout: Layout, host: OutsideHost) -> None:
    """Addresses of an outside host; its gateway is whoever asks: it only knows its own subnets."""
    lines = ["ip link set lo up", "ethtool -K eth0 tx off >/dev/null", *_no_duplicate_address_detection("eth0")]
    lines += [f"ip address replace {address} dev eth0" for address in host.addresses]
    lines += [f"ip address replace {address} dev lo" for address in host.loopbacks]
    shell(layout, host.name, [*lines, "ip link set eth0 up"])


def has_flows(layout: Layout, hypervisor: Hypervisor) -> bool:
    """Whether ovn-controller has begun to program the hypervisor's switch, which forgets its flows with its process."""
    words = ["ovs-ofctl", "dump-aggregate", "br-int"]
    return "flow_count=0" not in run(words, layout.environment(STEP, hypervisor.name))


def configure(layout: Layout, name: str, words: list[str]) -> None:
    """One ovs-vsctl transaction on the Open vSwitch of `name`; vswitchd may carry it out later."""
    environment = layout.environment(STEP, name)
    run(["ovs-vsctl", "--no-syslog", "--no-wait", "--timeout=20", "--", *words], environment)


def datapath_of(layout: Layout, name: str) -> Datapath:
    """The datapath that the Open vSwitch of `name` forwards by."""
    words = ["ovs-vsctl", "--no-syslog", "get", "Bridge", "br-int", "datapath_type"]
    return "system" if run(words, layout.environment(STEP, name)).strip() == "system" else "netdev"


def trunk_words(bridge: str, patch: tuple[str, str], datapath: Datapath) -> list[str]:
    """What makes the bridge of a trunk: a switch that knows VLANs, with a patch to br-int, of which br-int has an end.

    Source: ovs-vswitchd.conf.db(5), Port `tag`, Interface `type` patch.
    """
    words = _bridge(bridge, datapath, "standalone")
    for where, end, other in ((bridge, *patch), ("br-int", *reversed(patch))):
        words += ["--", "add-port", where, end, "--", "set", "Interface", end, "type=patch", f"options:peer={other}"]
    return words


def release(layout: Layout, name: str, ports: Iterable[str], bridges: Iterable[str] = ()) -> None:
    """Take ports and bridges out of the Open vSwitch of `name`, and wait until it has let go of their interfaces.

    It would hold on to an interface that was replaced by another of the same name.
    """
    words = [word for port in ports for word in ("--", "--if-exists", "del-port", port)]
    words += [word for bridge in bridges for word in ("--", "--if-exists", "del-br", bridge)]
    run(["ovs-vsctl", "--no-syslog", "--timeout=20", *words], layout.environment(STEP, name))


def _bridge(name: str, datapath: Datapath, fail_mode: str) -> list[str]:
    words = ["--may-exist", "add-br", name, "--", "set", "Bridge", name]
    return [*words, f"datapath_type={datapath}", f"fail_mode={fail_mode}"]


def _router_mac(hypervisor: Hypervisor) -> str:
    """What stands for the MAC addresses of routers in what this hypervisor sends to the physical network.

    Without, each hypervisor on which a router sends to a VLAN would use the router's own, and switches would learn it
    there and send its packets to the wrong one. Source: ovn-controller(8), ovn-chassis-mac-mappings.
    """
    octets = IPv4Address(hypervisor.underlay_address).packed
    return "02:cb:" + octets.hex(":")


def _vtep_mac(hypervisor: Hypervisor) -> str:
    """The tunnel endpoint's MAC address; were it eth0's, the kernel would take tunnel packets for its own."""
    high, low = IPv4Address(hypervisor.underlay_address).packed[2:]
    return f"02:00:00:01:{high:02x}:{low:02x}"


def _know_neighbour(other: Hypervisor) -> str:
    """A command that tells ovs-vswitchd the MAC address of another tunnel endpoint.

    The userspace datapath drops the packet for which it must ask: the first one between two hypervisors would be lost.
    Source: ovs-vswitchd(8), "tnl/neigh/set".
    """
    return f"ovs-appctl tnl/neigh/set {UNDERLAY_BRIDGE} {other.underlay_address} {_vtep_mac(other)} >/dev/null"


def _outside_port(host: OutsideHost) -> str:
    return "e-" + host.name.removeprefix("outside-")


def _no_duplicate_address_detection(interface: str) -> list[str]:
    """Addresses of the lab are unique by construction; detection would cost each of them one to two seconds."""
    file = f"/proc/sys/net/ipv6/conf/{interface}/accept_dad"
    return [f"[ ! -e {file} ] || echo 0 >{file}"]
