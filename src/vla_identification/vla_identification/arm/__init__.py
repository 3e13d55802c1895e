"""Parameters of the simulated arm, fitted to recorded motion."""
