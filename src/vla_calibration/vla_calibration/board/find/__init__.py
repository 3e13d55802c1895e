"""Finders of the points of a board in one grey image, one module for each family of boards."""
