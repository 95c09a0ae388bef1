"""Serve a WSGI application at an address: `python wsgi.py HOST:PORT MODULE:NAME`.

One process of some threads. The services read the words of the command too, so they get none.
"""

from __future__ import annotations

import importlib
import sys

from waitress import serve

THREADS = 8

if __name__ == "__main__":
    address, place = sys.argv[1:3]
    sys.argv[1:] = []
    module, _, name = place.partition(":")
    serve(getattr(importlib.import_module(module), name), listen=address, threads=THREADS)
