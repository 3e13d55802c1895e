"""Calibration boards: geometry, printing, detection, pose."""
