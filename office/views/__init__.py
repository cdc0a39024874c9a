"""What pages show: lists, one paper whole, pictures."""
