"""Ký tại máy này: copies that wait for the signing program on the computer in use."""
