"""Pages for clerk, officer, records officer, archivist and citizen."""
