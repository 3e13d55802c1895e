"""Motions that tell parameters apart."""
