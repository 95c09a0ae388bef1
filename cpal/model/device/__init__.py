"""What a network device is, as it says itself: one typed form for every make, in OpenConfig's words.

A value that the device does not tell is None, never -1 or empty text. Every type names the OpenConfig path that it
follows; units are in the name of a field where SI does not say them. Addresses are in canonical text: MAC addresses in
lower case with colons, IP addresses as RFC 5952 has them.
"""
