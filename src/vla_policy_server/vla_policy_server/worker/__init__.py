"""Inference in a process of its own, for one robot or a fleet."""
