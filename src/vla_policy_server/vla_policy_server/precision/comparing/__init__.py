"""Measures the ways to run a network beside each other."""
