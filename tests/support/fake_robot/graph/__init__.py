"""Robots behind the drivers of their makers over DDS, and what is done with them there."""
