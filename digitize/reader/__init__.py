"""A reader of Vietnamese office print: lines found, cut, read by a small network, spelt with statistics."""
