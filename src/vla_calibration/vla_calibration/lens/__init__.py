"""Intrinsics of a camera."""
