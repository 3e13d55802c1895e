"""Checks of what joints did and were told."""
