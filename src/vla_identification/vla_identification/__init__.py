"""Identification of the arm from recorded motion."""
