"""cpal model."""
