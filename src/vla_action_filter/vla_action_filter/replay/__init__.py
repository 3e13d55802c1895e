"""Recorded chunks through the filter, and how well it did."""
