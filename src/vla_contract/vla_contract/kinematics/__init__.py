"""Kinematics of the arm: of its tools, links and control points, forward and inverse."""
