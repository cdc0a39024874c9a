"""A machine's paper becomes page files on disk."""
