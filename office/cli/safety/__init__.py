"""Commands that keep a house whole: backups, bringing back, newer versions."""
