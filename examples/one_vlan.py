"""One VLAN on switches of several makes: planned in each one's own words, committed as one, looked at, and undone."""

import sys

import cpal
from cpal.model.target import Target

with cpal.Session() as session:
    plan = session.plan(session.load(sys.argv[1]))
    for target in plan.targets:
        for name, commands in target.commands.items():
            print(f"{name} is to be told: {'; '.join(commands)}")
    session.apply(plan)
    for target in session.estate.all(Target):
        for address in target.endpoints.values():
            with cpal.device(address) as switch:
                print(f"{switch.facts.vendor} has VLAN 10 on {', '.join(switch.vlans[10].interfaces)}")
    session.apply(session.plan_undo())
