"""Capture of views: when to take one, where to move next, what is stored."""
