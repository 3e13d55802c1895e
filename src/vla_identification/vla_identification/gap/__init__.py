"""The difference between recorded and simulated motion."""
