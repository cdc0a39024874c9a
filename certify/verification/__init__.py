"""Any PDF becomes a verdict, in numbered steps."""
