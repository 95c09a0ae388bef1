"""IOS-XR: sensors, whose YANG module is named after the platform.

An excerpt of NAPALM's test data (Apache-2.0),
iosxr_netconf/test_get_environment/asr9k-x64-sysadmin-asr9k-envmon-ui.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.answers import told

SENSORS = """<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><data>
<environment xmlns="http://www.cisco.com/ns/yang/Cisco-IOS-XR-sysadmin-{platform}-envmon-ui"><oper>
<temperatures><location><location>0/FT1</location>
<sensor_attributes><sensor_id>Inlet</sensor_id><value>34</value><critical_lo>-10</critical_lo><major_lo>-5</major_lo>
<major_hi>115</major_hi><critical_hi>120</critical_hi></sensor_attributes></location></temperatures>
<fan><location><location>0/FT0</location></location><location><location>0/PT0-PM0</location></location></fan>
<power><location><location>0</location>
<pem_attributes><usable_power_capacity>6000</usable_power_capacity></pem_attributes></location>
<location><location>0/PT0</location>
<pem_attributes><pem>0/PT0-PM0</pem><output_voltage>53.60000000000000</output_voltage>
<output_current>37.60000000000000</output_current><status>OK</status></pem_attributes>
<pem_attributes><pem>0/PT0-PM2</pem><output_voltage>0.000000000000000e+0</output_voltage>
<output_current>0.000000000000000e+0</output_current><status>FAILED or NO PWR</status></pem_attributes></location>
<location><location>0/FC0</location>
<pem_attributes><pem>0-A99-SFC3-T</pem><status/></pem_attributes></location></power>
</oper></environment></data></rpc-reply>"""
NOTHING = '<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><data/></rpc-reply>'


@pytest.mark.parametrize("platform", ["asr9k", "fretta"])
def test_sensors_are_found_in_the_module_of_the_platform(tmp_path: Path, platform: str) -> None:
    answers = {
        "wdsysmon-fd-oper_system-monitoring.xml": NOTHING,
        "nto-misc-oper_memory-summary.xml": NOTHING,
        "sysadmin-envmon-ui_environment.xml": NOTHING,
        f"sysadmin-{platform}-envmon-ui_environment.xml": SENSORS.format(platform=platform),
    }
    found = told(tmp_path, "iosxr_netconf", "environment", answers)
    assert [(each.name, each.ok, each.capacity_w, each.output_w) for each in found.power_supplies] == [
        ("0/PT0-PM0", True, 6000, 2015.36),
        ("0/PT0-PM2", False, 6000, 0),
    ]
    assert [(each.name, each.celsius, each.alarm) for each in found.temperatures] == [("0/FT1 Inlet", 34, False)]
    assert [each.name for each in found.fans] == ["0/FT0"]
