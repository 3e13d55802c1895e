"""Drives, delays and rates between commands and the simulated arm."""
