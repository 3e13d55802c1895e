"""Reads recordings of topics (MCAP) without ROS: container, message definitions, decoding."""
