"""Benchmarks: each prints a table, beside a peer in the same run where there is one, and `--json` for machines."""
