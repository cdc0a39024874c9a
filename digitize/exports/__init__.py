"""Words and places in other forms: ALTO, hOCR, blocks."""
