"""Việc cần làm: what this person has to do."""
