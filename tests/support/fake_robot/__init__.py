"""A robot for tests: as its drivers would show it, with a simulated arm behind them."""
