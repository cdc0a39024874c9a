"""The archive as OCFL 1.1 objects."""
