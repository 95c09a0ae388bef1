"""Order, time and failure: the store of revisions, the loop that plans and applies, the prober."""
