"""Capsules and spheres around links, and the distances between them."""
