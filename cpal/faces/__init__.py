"""cpal faces."""
