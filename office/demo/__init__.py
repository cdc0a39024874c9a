"""A house of specimens: its people, its sample dossier, its story."""
