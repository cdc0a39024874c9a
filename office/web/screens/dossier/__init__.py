"""Hồ sơ: a dossier is opened and takes papers."""
