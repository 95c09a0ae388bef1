"""A route added by one dict, on a switch of whatever make: `leaf1` is a device of a target that is declared already."""

import cpal

ROUTE = {"destination": "192.0.2.0/24", "nexthop": "10.0.0.9", "devices": ["leaf1"]}

with cpal.Session() as session:
    plan = session.plan(session.load({"stack": "routes", "routes": {"lab": ROUTE}}))
    for target in plan.targets:
        for device, commands in target.commands.items():
            print(device, *commands, sep="\n  ")
    session.apply(plan)
