"""A fabric of real switches' software: spines and leaves that run FRR, on one machine."""
