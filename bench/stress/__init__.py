"""The stress bench: pages as a ward's desk really gets them, with known text; how they are read."""
