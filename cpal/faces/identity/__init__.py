"""Who asks: tokens, users, projects and roles, as OpenStack Identity v3 has them."""
