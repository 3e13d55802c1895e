"""Simulated cameras: placement, lens, rendering."""
