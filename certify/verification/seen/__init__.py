"""What is seen and printed: annotations, pictures of pages, what can change them."""
