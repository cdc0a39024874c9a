"""What is to be done next, and who does it."""
