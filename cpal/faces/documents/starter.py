"""The document to start from."""

from __future__ import annotations

STARTER = """\
project: shop
networks: [web]
instances:
  web1: {network: web}
  web2: {network: web}
"""
"""Two instances on one network, in five lines; all that it leaves out is chosen."""
