"""A throw-away certificate authority for demo and tests; everything it signs is a specimen."""
