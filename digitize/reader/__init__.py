"""Our own reader of printed Vietnamese lines: what it writes, how it is run, what it weighs (CARD.md)."""
