"""cpal reach."""
