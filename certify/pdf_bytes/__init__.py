"""PDF at the level of its bytes: revisions, cross-references, contents."""
