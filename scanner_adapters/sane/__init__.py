"""Anything that SANE drives, in a child that can be ended."""
