"""The graph that the robot is part of."""
