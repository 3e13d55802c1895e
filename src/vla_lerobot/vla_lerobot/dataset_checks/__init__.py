"""Checks of a dataset before it is trained on."""
