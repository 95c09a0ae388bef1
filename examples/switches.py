"""What the switches of an inventory are and hold: one loop, whatever their make, and one table of them all."""

import sys

import cpal

with cpal.devices(sys.argv[1]) as rack:
    for name, switch in rack.items():
        print(name, "is", switch.facts.hostname)
    for name, vlans in rack.tell("vlans").values.items():
        print(name, *(f"{vlan.name}: {len(vlan.interfaces)} ports" for vlan in vlans if vlan.id == 10))
    print(len(rack.where(tags__rack=7)), "in rack 7:", ", ".join(rack.where(tags__rack=7)))
    print("In its own words, leaf1 says", rack["leaf1"].native.run("show hostname"))
