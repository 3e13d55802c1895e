"""Counted episodes, on a running graph or in one process."""
