"""Feetech motors on a serial port that is a pseudo-terminal, to rehearse the driver."""
