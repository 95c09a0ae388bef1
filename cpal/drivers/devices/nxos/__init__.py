"""Cisco NX-OS, over NX-API and over SSH."""
