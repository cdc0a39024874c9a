"""Keys that live elsewhere: tokens, an agency's own key file, remote services."""
