"""The OpenStack Networking API v2.0 on the estate."""
