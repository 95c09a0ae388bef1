"""What NVUE answers, as typed values. Pure."""
