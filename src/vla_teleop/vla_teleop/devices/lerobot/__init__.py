"""LeRobot's Teleoperator classes as devices."""
