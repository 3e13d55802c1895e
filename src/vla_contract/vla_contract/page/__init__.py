"""Pages in one file: their frame, tables and drawings."""
