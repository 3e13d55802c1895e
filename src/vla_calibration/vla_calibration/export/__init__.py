"""Calibrations for ROS, MuJoCo, Gazebo and others."""
