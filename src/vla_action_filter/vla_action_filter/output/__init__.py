"""What controllers get: the command curve, grippers, when to be silent."""
