"""The prober: real packets for every flow, to be compared with what is predicted.

    survey     places as the kernel describes them: interface, addresses, routes
    witness    a packet socket at each place: what left, what arrived
    listen     each TCP and UDP service in question, at every place
    prove      each listener answers from within, each witness sees
    try        each flow, three times while nobody answers; in frames of our own where the source's kernel would keep it
    prove      once more
    judge      from the evidence, a claim or none

It runs in this process: a thread makes sockets in each namespace and stays the only one that touches them. Nothing is
installed at the endpoints, and nothing remains.
"""

from __future__ import annotations

from .attempt import Landing, Landings
from .place import Observation, Place
from .rounds import rounds, untold
from .run import TIMEOUT_S, Report, probe

__all__ = ["TIMEOUT_S", "Landing", "Landings", "Observation", "Place", "Report", "probe", "rounds", "untold"]
