"""What leaves the archive as one thing: metadata as XML, and packages that others can read and check."""
