"""What is in every answer to a path of OpenConfig, without the names of modules. Source: its models. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

TREES: Known = {
    "/openconfig-ethernet-segments:ethernet-segments": "ethernet-segment",
    "/openconfig-interfaces:interfaces": "interface/name|interface/state|interface/config",
    "/openconfig-lacp:lacp": "config|state|interfaces",
    "/openconfig-lldp:lldp": "config|state|interfaces",
    "/openconfig-network-instance:network-instances": "network-instance",
    "/openconfig-platform:components": "component",
    "/openconfig-qos:qos": "interfaces|queues|classifiers|forwarding-groups|scheduler-policies",
    "/openconfig-spanning-tree:stp": "global|rstp|mstp|rapid-pvst|interfaces",
    "/openconfig-system:system": "config|state|clock|ntp|aaa|cpus|memory|processes|dns|logging|ssh-server|grpc-server*",
}
