"""cpal drivers."""
