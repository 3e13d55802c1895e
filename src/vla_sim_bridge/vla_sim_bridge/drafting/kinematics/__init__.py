"""A compiled robot: its joints as a tree, its postures, the surface of its links."""
