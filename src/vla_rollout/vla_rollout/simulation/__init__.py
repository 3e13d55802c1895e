"""Counted episodes without ROS, one by one or in a sweep."""
