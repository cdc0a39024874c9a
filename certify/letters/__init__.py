"""Typefaces and paragraphs as a signed file carries them."""
