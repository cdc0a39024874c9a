"""The public check page under load."""
