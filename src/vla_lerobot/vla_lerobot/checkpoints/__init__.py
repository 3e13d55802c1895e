"""Checkpoints from a folder or a hub, and whether they fit the robot."""
