"""The terms of RoboArena on the wire, of both sides."""
