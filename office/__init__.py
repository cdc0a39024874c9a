"""People, acts and screens: the only room that knows the others."""
