"""The acts of the one-stop desk."""
