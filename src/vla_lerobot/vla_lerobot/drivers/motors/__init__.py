"""Motors: LeRobot's numbers, the encoders behind them, their bus and their health."""
