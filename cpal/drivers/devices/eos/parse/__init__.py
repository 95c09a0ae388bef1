"""From EOS's answers to typed values."""
