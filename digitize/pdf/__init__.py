"""Pages and words become PDF/A, and are checked."""
