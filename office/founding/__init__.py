"""What an office stands on before its first act: trust, services, its names, its people, its first book."""
