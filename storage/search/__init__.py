"""Vietnamese full text, indexed by tantivy."""
