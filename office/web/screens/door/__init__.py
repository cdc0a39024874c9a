"""Đăng nhập: the door, the password, the look of the pages."""
