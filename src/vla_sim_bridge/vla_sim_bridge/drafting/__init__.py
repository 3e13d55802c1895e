"""From the description of a robot to its file, and from a robot to its cell."""
