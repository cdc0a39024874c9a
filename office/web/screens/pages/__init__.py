"""Trang của giấy tờ: received, arranged, taken out, moved."""
