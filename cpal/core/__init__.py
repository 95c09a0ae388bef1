"""cpal core."""
