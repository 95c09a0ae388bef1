"""cpal guest."""
