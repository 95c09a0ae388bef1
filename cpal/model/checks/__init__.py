"""What must hold for each kind of record: one module for each area, all answering with `Problem`s. Pure."""
