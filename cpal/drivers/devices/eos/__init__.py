"""Arista EOS over eAPI."""
