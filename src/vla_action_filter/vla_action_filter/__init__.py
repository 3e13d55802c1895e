"""Between a policy and the motors: smooth, limit, hold, stop."""
