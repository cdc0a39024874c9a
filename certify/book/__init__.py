"""The certification register and its transparency log."""
