"""The reading plane: what is read, apart from what is seen."""
