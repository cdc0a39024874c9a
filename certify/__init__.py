"""A document becomes a certified copy; any PDF becomes a verdict."""
