"""Who signed, by which certificates, and whether that counts."""
