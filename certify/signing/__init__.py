"""Statements, keys, signatures, time-stamps: how a copy is made."""
