"""A gateway between overlays of different encapsulations, in user space.

setting   what is to be joined: ends, and the number that each network has at each of them
ends      sockets of an end: packets in, packets out
run       frames from end to end: learn, forward, count, refuse
"""
