"""From the answers of NX-OS to typed values."""
