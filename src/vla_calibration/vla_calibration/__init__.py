"""Calibration of cameras."""
