"""Checks of what cameras saw."""
