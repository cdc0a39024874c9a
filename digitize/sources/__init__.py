"""What a file holds, as upright pixels and visible words."""
