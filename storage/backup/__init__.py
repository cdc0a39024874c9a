"""Backups in sets: what is kept where, under which key, and that it is what was sent."""
