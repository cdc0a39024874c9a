"""An answer as a document: the standard's XML, and a page to print."""
