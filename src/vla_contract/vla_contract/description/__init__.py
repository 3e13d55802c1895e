"""Descriptions of robots: MJCF, URDF and xacro files, found, read and joined by MuJoCo."""
