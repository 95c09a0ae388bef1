"""Who can reach whom, and why: predictions over an Estate. Pure."""
