"""Who reaches whom: each device of an inventory sends echoes to the loopback addresses of all, and a table tells."""

import sys

import cpal

with cpal.devices(sys.argv[1]) as rack:
    own = {
        name: address.ip
        for name, interfaces in rack.tell("interfaces_ip").values.items()
        for interface in interfaces
        for address in interface.ipv4 or ()
        if address.prefix_length == 32 and interface.vrf is None
    }
    found = rack.reach(own)
    print(found)
    for device, destination in found.unreached:
        print(device, "does not reach", destination)
