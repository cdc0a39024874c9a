"""Tra cứu: what was archived is found again."""
