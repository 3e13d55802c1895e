"""Joints by name: order, merged states, ages, trajectories."""
