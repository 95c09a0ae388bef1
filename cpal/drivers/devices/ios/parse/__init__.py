"""From the answers of IOS to typed values."""
