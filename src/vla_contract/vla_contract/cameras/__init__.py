"""Intrinsics and extrinsics of cameras, and their files."""
