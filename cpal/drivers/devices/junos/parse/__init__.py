"""From Junos' answers to typed values."""
