"""What `make demo` does, from Python: a lab, two tenants, a plan, an apply, and a proof with real packets."""

import cpal

with cpal.Session() as session:
    session.lab_up(hypervisors=2)
    plan = session.plan(session.load("examples/two-tenants.yaml"))
    print(len(plan.changes), "records change,", len(plan.opens), "flows open,", len(plan.closes), "close")
    session.apply(plan)
    results = session.verify()
    print(sum(result.agrees for result in results), "of", len(results), "flows are as predicted")
