"""Tài khoản: who may come in, and who is locked out."""
