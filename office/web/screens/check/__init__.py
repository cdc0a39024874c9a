"""Kiểm tra: is this copy genuine? For everybody."""
