"""Smoothing and limits of position, velocity, acceleration, jerk and workspace."""
