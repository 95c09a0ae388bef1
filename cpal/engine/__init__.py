"""cpal engine."""
