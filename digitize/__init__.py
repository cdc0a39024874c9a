"""Page images become searchable PDF/A."""
