"""cpal lab."""
