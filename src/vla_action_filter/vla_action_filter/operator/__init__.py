"""Stops and speeds of operators, by publisher."""
