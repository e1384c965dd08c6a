"""A Traefik of a chosen version on this host, with backends that say who they are: what routes are tried on."""
