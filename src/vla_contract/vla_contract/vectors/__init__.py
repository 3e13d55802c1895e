"""Vectors of a policy's numbers, and the cell's joints that they mean."""
