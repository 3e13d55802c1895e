"""Devices without hardware, for tests and demonstrations."""
