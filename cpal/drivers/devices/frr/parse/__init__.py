"""FRR: from answers of vtysh and of the kernel under it to typed values. Pure."""
