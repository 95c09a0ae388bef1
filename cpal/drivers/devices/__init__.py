"""Switches and routers: one package per make, and here what they share.

A getter is a generator that yields what it asks and is sent the answers, so that it knows nothing of transports: a live
session answers, or a recording (`recording.py`). What stands in a package named `parse` is pure.
"""
