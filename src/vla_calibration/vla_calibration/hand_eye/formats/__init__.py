"""Poses as other programs write them."""
