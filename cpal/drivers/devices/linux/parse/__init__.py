"""Linux: from what iproute2 and files of the kernel say to typed values. Pure."""
