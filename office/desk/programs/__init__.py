"""Signing programs on people's own computers: what is handed to them, and what comes back."""
