"""What the archive says of a dossier: its documents, the statutory fields, its history."""
