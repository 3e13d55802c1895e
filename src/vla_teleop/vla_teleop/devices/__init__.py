"""Devices that a person holds: leader arms, keys, sticks, phones."""
