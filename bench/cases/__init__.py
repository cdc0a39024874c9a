"""Odd files and what is right for each: see `python -m bench.cases`."""
