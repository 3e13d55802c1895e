"""Episodes in this process: world, policy and filter without ROS, in simulated time."""
