"""One folder for each screen: its routes, what it shows, its templates and its words."""
