"""Precision and compilation of a network, and the evidence for them."""
