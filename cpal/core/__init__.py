"""Allocate, render, diff, plan: the flow from records to ops, pure and the same for every driver."""
