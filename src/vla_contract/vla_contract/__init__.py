"""The robot, as every package means it."""
