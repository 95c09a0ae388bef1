"""FRRouting on Linux: leaves of a VXLAN fabric with an EVPN control plane."""
