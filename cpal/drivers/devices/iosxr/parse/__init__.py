"""From the answers of IOS-XR to typed values."""
