"""Answers of IOS and NX-OS in forms that single platforms and releases have, and what is read of them.

They are excerpts of recordings in the test data of ntc-templates (Apache-2.0, tests/cisco_ios and tests/cisco_nxos),
each named by its file, but where it says that they are constructed.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.answers import told

ENGINES = """Legend: * - primary entry
        R - router's gateway mac address entry

Displaying entries from active supervisor: Earl [1]:

      vlan   mac address    type   learn    age                 ports
-----+----+---------------+-------+-----+----------+-----------------------------
   R     51 006c.bc1c.a865   static   No       -      Router
         44 006c.bc1c.6aa7  dynamic  Yes      280     Po1


Displaying entries from active supervisor: Earl [2]:

      vlan   mac address    type   learn    age                 ports
-----+----+---------------+-------+-----+----------+-----------------------------
 * R     51 006c.bc1c.a865   static   No       -      Router
         44 006c.bc1c.6aa7  dynamic  Yes      280     Po1
 *       69 0072.78de.5b2f  dynamic  Yes       15     Te1/6
"""
"""cisco_ios/show_mac-address-table/cisco_ios_show_mac-address-table8."""


def test_what_several_forwarding_engines_tell_is_one_entry(tmp_path: Path) -> None:
    entries = told(tmp_path, "ios", "mac_address_table", {"show_mac_address_table.txt": ENGINES})
    assert [(each.vlan, each.mac_address, each.interface) for each in entries] == [
        (51, "00:6c:bc:1c:a8:65", None),
        (44, "00:6c:bc:1c:6a:a7", "Port-channel1"),
        (69, "00:72:78:de:5b:2f", "TenGigabitEthernet1/6"),
    ]


BLANKS_BETWEEN = """      vlan   mac address    type   learn    age                 ports
-----+----+---------------+-------+-----+----------+-----------------------------
         40 c8f9.f9d7.a87b  dynamic  Yes       15     Po40
          1 0100.0ccc.ccce   static   No       -    Gi1/14 Po5 Po10 Po20 
                                                       Po30 Po40 Po50 Po60 
                                                       Po70 Po80 Po90 
         50 5ca0.15a9.103e  dynamic  Yes       15     Po50
"""  # noqa: W291  the blanks at the ends of lines are the device's
"""cisco_ios/show_mac-address-table/cisco_ios_show_mac-address-table11."""


def test_ports_with_blanks_between_go_on_in_further_lines(tmp_path: Path) -> None:
    entries = told(tmp_path, "ios", "mac_address_table", {"show_mac_address_table.txt": BLANKS_BETWEEN})
    assert [each.interface for each in entries if each.vlan == 1] == [
        "GigabitEthernet1/14",
        *(f"Port-channel{number}" for number in (5, 10, 20, 30, 40, 50, 60, 70, 80, 90)),
    ]
    assert [each.vlan for each in entries if each.vlan != 1] == [40, 50]


PORTLESS = """  vlan   mac address     type    learn     age              ports
------+----------------+--------+-----+----------+--------------------------
*  800  00c0.ff1a.372c   dynamic  Yes         15   Gi1/46
*  800  0100.5e7f.4653    static  Yes          -   
"""  # noqa: W291  the blanks at the ends of lines are the device's
"""cisco_ios/show_mac-address-table/cisco_ios_show_mac-address-table10."""


def test_a_group_that_no_port_has_joined_is_at_no_interface(tmp_path: Path) -> None:
    entries = told(tmp_path, "ios", "mac_address_table", {"show_mac_address_table.txt": PORTLESS})
    assert [(each.mac_address, each.interface, each.static) for each in entries] == [
        ("00:c0:ff:1a:37:2c", "GigabitEthernet1/46", False),
        ("01:00:5e:7f:46:53", None, True),
    ]


SERVICE_INSTANCE = """------------------------------------------------
Local Intf: Et0/0
Local Intf service instance: -
Chassis id: aabb.cc00.0300
Port id: Et0/1
Port Description: Ethernet0/1
System Name: SW-MGMT.cisco.com

System Description:
Cisco IOS Software [IOSXE], Linux Software (X86_64BI_LINUX_L2-ADVENTERPRISEK9-M), Version 17.15.1
Technical Support: http://www.cisco.com/techsupport

Time remaining: 102 seconds
System Capabilities: B,R
Enabled Capabilities: B,R

Total entries displayed: 1
"""
"""cisco_ios/show_lldp_neighbors_detail/cisco_ios_show_lldp_neighbors_detail_02."""


def test_ios_xe_17_tells_a_service_instance_behind_the_local_interface(tmp_path: Path) -> None:
    (neighbor,) = told(tmp_path, "ios", "lldp_neighbors_detail", {"show_lldp_neighbors_detail.txt": SERVICE_INSTANCE})
    assert (neighbor.interface, neighbor.chassis_id, neighbor.port_id, neighbor.system_name) == (
        "Ethernet0/0",
        "aa:bb:cc:00:03:00",
        "Et0/1",
        "SW-MGMT.cisco.com",
    )


BUNDLES = """Flags:  D - down        P/bndl - bundled in port-channel
        I - stand-alone s/susp - suspended

Number of channel-groups in use: 1
Number of aggregators:           1

Group  Port-channel  Protocol    Ports
------+-------------+-----------+-----------------------------------------------
10\tPo10(RU)\t\tLACP\t Te0/0/2(bndl) Te0/0/3(bndl)

RU - L3 port-channel UP State
P/bndl -  Bundled
S/susp  - Suspended
"""
"""cisco_ios/show_etherchannel_summary/show_etherchannel_summary2."""


def test_routers_write_whole_words_for_the_flags_of_ports(tmp_path: Path) -> None:
    suspended = BUNDLES.replace("Te0/0/3(bndl)", "Te0/0/3(susp)")  # as the legend has it
    (lag,) = told(tmp_path, "ios", "lags", {"show_etherchannel_summary.txt": suspended})
    assert (lag.name, lag.oper_status.name) == ("Port-channel10", "UP")
    assert [(each.interface, each.bundled) for each in lag.members] == [
        ("TenGigabitEthernet0/0/2", True),
        ("TenGigabitEthernet0/0/3", False),
    ]


NO_VRF = "  Name                             Default RD            Protocols   Interfaces\n"
ROUTES = """Gateway of last resort is 192.168.1.2 to network 0.0.0.0

      192.168.1.0/24 is variably subnetted, 2 subnets, 2 masks
C        192.168.1.0/24 is directly connected, vasileft1
L        192.168.1.1/32 is directly connected, vasileft1
"""
"""cisco_ios/show_ip_route/cisco_ios_show_ip_route1."""


def test_names_of_interfaces_may_begin_in_lower_case(tmp_path: Path) -> None:
    answers = {"show_vrf.txt": NO_VRF, "show_ip_route.txt": ROUTES}
    routes = told(tmp_path, "ios", "route_to", answers, destination="192.168.0.0/16", protocol="", longer=True)
    assert [(each.prefix, each.protocol, each.interface) for each in routes] == [
        ("192.168.1.0/24", "connected", "vasileft1"),
        ("192.168.1.1/32", "local", "vasileft1"),
    ]


OF_A_VRF = """Routing Table: TRI
Gateway of last resort is 10.10.254.3 to network 0.0.0.0

      10.0.0.0/8 is variably subnetted, 22 subnets, 8 masks
B        10.10.0.0/18 [200/0], 3w4d, Null0
B        10.10.5.0/24 is directly connected, 3w4d, Vlan5
L        10.10.5.1/32 is directly connected, Vlan5
B        10.20.0.0/16 [200/0] via 10.10.254.10 (AMB), 3w4d
"""
"""cisco_ios/show_ip_route/cisco_ios_show_ip_route_vrf."""


def test_an_aggregate_of_bgp_goes_nowhere_and_is_a_route(tmp_path: Path) -> None:
    answers = {"show_vrf.txt": NO_VRF, "show_ip_route.txt": OF_A_VRF}
    routes = told(tmp_path, "ios", "route_to", answers, destination="10.0.0.0/8", protocol="", longer=True)
    assert [(each.prefix, each.protocol, each.preference, each.next_hop, each.interface) for each in routes] == [
        ("10.10.0.0/18", "bgp", 200, None, "Null0"),
        ("10.10.5.0/24", "bgp", None, None, "Vlan5"),
        ("10.10.5.1/32", "local", None, None, "Vlan5"),
        ("10.20.0.0/16", "bgp", 200, "10.10.254.10", None),
    ]


REPLICATED = """Gateway of last resort is not set

      10.0.0.0/8 is variably subnetted, 2 subnets, 2 masks
S   +    10.1.0.0/16 [1/0] via 192.0.2.1 (blue), 00:10:05
L   &    10.2.0.1/32 is directly connected, Loopback0
"""
"""Constructed after the legend of `show ip route`: + and & mark routes that were replicated."""


def test_marks_behind_the_code_of_a_route_are_not_of_its_protocol(tmp_path: Path) -> None:
    answers = {"show_vrf.txt": NO_VRF, "show_ip_route.txt": REPLICATED}
    routes = told(tmp_path, "ios", "route_to", answers, destination="10.0.0.0/8", protocol="", longer=True)
    assert [(each.prefix, each.protocol) for each in routes] == [("10.1.0.0/16", "static"), ("10.2.0.1/32", "local")]


STRATIX = """Cisco IOS Software [Dublin], S5200 Switch Software (S5200-UNIVERSALK9-M), Version 17.12.4
PAS-IDF17-SW02 uptime is 2 weeks, 6 days, 17 hours, 32 minutes
Allen-Bradley 1783-CMS20DP (ARM) processor (revision V02) with 638793K/6147K bytes of memory.
Processor board ID ABC123
Model Number                       : 1783-CMS20DP
System Serial Number               : ABC123
"""
"""cisco_ios/show_version/cisco_ios_show_version_ab_stratix."""


def test_switches_that_others_sell_have_a_model_too(tmp_path: Path) -> None:
    answers = {"show_version.txt": STRATIX, "show_hosts.txt": "", "show_ip_interface_brief.txt": ""}
    facts = told(tmp_path, "ios", "facts", answers)
    assert (facts.hostname, facts.model, facts.serial_number) == ("PAS-IDF17-SW02", "1783-CMS20DP", "ABC123")


OLD = """Cisco IOS Software, C180X Software (C180X-ADVIPSERVICESK9-M), Version 12.4(6)T2, RELEASE SOFTWARE (fc1)
stud-adsl uptime is 20 weeks, 5 days, 12 hours, 15 minutes
Cisco 1801 (MPC8500) processor (revision 0x400) with 118784K/12288K bytes of memory.
Processor board ID FHK102KKKKK, with hardware revision 0000
"""
"""cisco_ios/show_version/cisco_ios_show_version_01."""


def test_what_stands_behind_a_serial_number_is_not_of_it(tmp_path: Path) -> None:
    answers = {"show_version.txt": OLD, "show_hosts.txt": "", "show_ip_interface_brief.txt": ""}
    facts = told(tmp_path, "ios", "facts", answers)
    assert (facts.model, facts.serial_number) == ("1801", "FHK102KKKKK")


STACK = """Switch 1: SYSTEM TEMPERATURE is OK
Inlet Temperature Value: 28 Degree Celsius
Temperature State: GREEN
Yellow Threshold : 46 Degree Celsius
Red Threshold    : 56 Degree Celsius

Switch 2: SYSTEM TEMPERATURE is OK
Inlet Temperature Value: 28 Degree Celsius
Temperature State: GREEN
Yellow Threshold : 46 Degree Celsius
Red Threshold    : 56 Degree Celsius

Hotspot Temperature Value: 68 Degree Celsius
Temperature State: GREEN
Yellow Threshold : 105 Degree Celsius
Red Threshold    : 125 Degree Celsius
"""
"""cisco_ios/show_environment_temperature/cisco_ios_show_environment_temperature."""


def test_sensors_of_a_stack_differ_by_their_switch(tmp_path: Path) -> None:
    answers = {"show_proc_cpu.txt": "", "show_memory_statistics.txt": "", "show_env_temperature_status.txt": STACK}
    found = told(tmp_path, "ios", "environment", answers).temperatures
    assert [(each.name, each.celsius, each.alarm) for each in found] == [
        ("switch 1 inlet", 28, False),
        ("switch 2 inlet", 28, False),
        ("switch 2 hotspot", 68, False),
    ]


NEXUS_5000 = """VLAN      MAC Address       Type    Age       Port
---------+-----------------+-------+---------+------------------------------
136       0000.0c07.ac88    dynamic 0         Po1
152       0050.56aa.0b4c    dynamic 40        Eth1/5
Unknown Key ID 0x14a00018
VLAN      MAC Address       Type    Age       Port
---------+-----------------+-------+---------+------------------------------
2706      04c5.a4e8.c342    dynamic 0         Po1
Total MAC Addresses: 1490
"""
"""cisco_nxos/show_mac_address-table/cisco_nxos_show_mac_address-table3."""


def test_a_nexus_5000_has_two_columns_less(tmp_path: Path) -> None:
    entries = told(tmp_path, "nxos_ssh", "mac_address_table", {"show_mac_address-table.txt": NEXUS_5000})
    assert [(each.vlan, each.mac_address, each.interface, each.static) for each in entries] == [
        (136, "00:00:0c:07:ac:88", "port-channel1", False),
        (152, "00:50:56:aa:0b:4c", "Ethernet1/5", False),
        (2706, "04:c5:a4:e8:c3:42", "port-channel1", False),
    ]


SUPPLIES = """Power Supply:
Voltage: 12 Volts
Power                             Actual      Actual        Total
Supply    Model                   Output      Input      Capacity    Status
                                (Watts )    (Watts )     (Watts )
-------  -------------------  ----------  ----------  ----------  --------------
1        N9K-PAC-3000W-B           774 W       819 W      3000 W     Ok
5        ------------                0 W         0 W         0 W     Absent


                                  Actual        Power
Module    Model                     Draw    Allocated    Status
                                 (Watts )     (Watts )
-------  -------------------  -----------  -----------  --------------
1        N9K-X9732C-EXM          238.00 W     840.00 W    Powered-Up
27       N9K-SUP-A                65.00 W      79.92 W    Powered-Up
"""
"""cisco_nxos/show_environment_power/cisco_nxos_show_environment_power."""


def test_modules_that_draw_power_are_no_supplies(tmp_path: Path) -> None:
    answers = {
        "show_system_resources.txt": "Memory usage:   9K total,   4K used,   5K free\n",
        "show_environment_temperature.txt": "",
        "show_environment_power.txt": SUPPLIES,
    }
    supplies = told(tmp_path, "nxos_ssh", "environment", answers).power_supplies
    assert [(each.name, each.ok, each.capacity_w, each.output_w) for each in supplies] == [
        ("1", True, 3000, 774),
        ("5", False, 0, 0),
    ]


CFP = """Ethernet4/1
    transceiver is present
    type is CFP-100G-LR4
    number of lanes 3

Lane Number:1 Common Diagnostic Information
           SFP Detail Diagnostics Information (internal calibration)
  Temperature   40.44 C        74.00 C     -4.00 C     70.00 C        0.00 C
  Voltage        3.28 V         3.66 V      2.93 V      3.46 V        3.13 V

Lane Number:2 Network Lane
           SFP Detail Diagnostics Information (internal calibration)
  Tx Power       0.76 dBm       7.49 dBm   -8.30 dBm    4.49 dBm     -4.30 dBm
  Rx Power      -1.77 dBm       7.49 dBm  -14.60 dBm    4.49 dBm    -10.59 dBm

Lane Number:3 Network Lane
           SFP Detail Diagnostics Information (internal calibration)
  Tx Power       0.44 dBm       7.49 dBm   -8.30 dBm    4.49 dBm     -4.30 dBm
  Rx Power      -1.57 dBm       7.49 dBm  -14.60 dBm    4.49 dBm    -10.59 dBm
"""
"""cisco_nxos/show_interface_transceiver_details/cisco_nxos_show_interface_transceiver_details."""


def test_what_all_lanes_share_is_no_lane(tmp_path: Path) -> None:
    (optic,) = told(tmp_path, "nxos_ssh", "optics", {"show_interface_transceiver_details.txt": CFP})
    assert [(each.index, each.output_power_dbm, each.input_power_dbm) for each in optic.channels] == [
        (0, 0.76, -1.77),
        (1, 0.44, -1.57),
    ]


SENT = """TwentyFiveGigE2/0/32 is administratively down, line protocol is down (disabled)
  MTU 1500 bytes, BW 25000000 Kbit/sec, DLY 10 usec,
     0 packets input, 0 bytes, 0 no buffer
     Received 0 broadcasts (0 IP multicasts)
     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored
     9 packets output, 812 bytes, 0 underruns
     Output 3 broadcasts (2 IP multicasts)
     0 output errors, 0 collisions, 2 interface resets
"""
"""cisco_ios/show_interfaces/cisco_ios_show_interfaces6, with numbers of its own in place of 0."""


def test_newer_releases_tell_the_broadcasts_that_were_sent(tmp_path: Path) -> None:
    (counters,) = told(tmp_path, "ios", "interfaces_counters", {"show_interfaces.txt": SENT})
    assert (counters.out_octets, counters.out_broadcast_pkts, counters.out_multicast_pkts) == (812, 3, 2)
