"""Juniper Junos over NETCONF."""
