"""Boards and robots as the cameras see them, to test calibrations."""
