"""Poses, the group SE(3), and the arm that carries a camera."""
