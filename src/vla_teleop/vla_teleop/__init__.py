"""Teleoperation: what a person's device wishes, as joints for the action filter."""
