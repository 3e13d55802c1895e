"""LeRobot's Robot classes as drivers: motors to joints, and a bus that nobody else touches."""
