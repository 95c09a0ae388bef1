"""Network devices as a person or a program sees them."""
