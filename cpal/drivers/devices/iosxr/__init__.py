"""Cisco IOS-XR, over its XML agent and over NETCONF."""
