"""How the archive is looked after: recorded, sealed, read again, copied, released, rebuilt, moved."""
