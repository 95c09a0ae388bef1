"""Plain Linux, as a device."""
