"""cpal wire."""
