"""Where the paper lies in the picture, and which way up."""
