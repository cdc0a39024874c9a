"""From the reading plane to words in reading order."""
