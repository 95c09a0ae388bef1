"""From a device's answers to typed values, as far as makes share it."""
