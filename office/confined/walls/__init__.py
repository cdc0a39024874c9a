"""The walls themselves: what each is made of, and how they are raised around one task."""
