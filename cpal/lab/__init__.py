"""The lab: hypervisors, a top-of-rack switch, outside hosts and workloads on one machine, as namespaces and daemons."""
