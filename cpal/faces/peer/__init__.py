"""A Neutron that runs beside us: what its API says, as records; what of it we cannot hold; where it disagrees."""
