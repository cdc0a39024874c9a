"""Giấy tờ: one paper whole, its pages beside what is to be done."""
