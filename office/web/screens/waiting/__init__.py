"""Trang chờ nhận: what arrived and lies in no paper."""
