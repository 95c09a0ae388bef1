"""From OpenConfig's trees to typed values. Pure."""
