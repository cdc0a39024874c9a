"""Foreign bytes are parsed in children that can be stopped."""
