"""Reasons to hold or to stop."""
