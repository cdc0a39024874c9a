"""A paper's page: what cannot be taken back, and two people at one thing."""
