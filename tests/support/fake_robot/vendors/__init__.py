"""Drivers of makers: what they are set to, and how they differ from ros2_control."""
