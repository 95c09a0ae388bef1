"""cpal drivers/ovn."""
