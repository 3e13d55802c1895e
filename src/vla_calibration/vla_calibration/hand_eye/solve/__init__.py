"""Solvers of the hand-eye problem, their weights and checks."""
