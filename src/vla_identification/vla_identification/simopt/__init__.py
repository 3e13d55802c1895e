"""Randomisation ranges fitted to recorded motion (SimOpt)."""
