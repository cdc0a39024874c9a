"""The only place that sees rows: claims, files, the ledger of acts, the words of papers."""
