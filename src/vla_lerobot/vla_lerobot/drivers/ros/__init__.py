"""The driver node."""
