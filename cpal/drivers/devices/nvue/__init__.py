"""Cumulus Linux 5 by NVUE, its REST API: read only."""
