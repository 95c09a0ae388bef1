"""The doctor: what is wrong with an overlay as the hypervisors themselves tell it, each finding with its evidence.

facts     what a hypervisor says of itself, asked with commands that every one has
mesh      who should have a tunnel to whom, who has, and whether it works
mtu       the largest packet that real probes find to pass, against what the networks need
offload   what network cards do of checksums, segmentation and flows
vni       the numbers on the wire against those that the networks have
"""
