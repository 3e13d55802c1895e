"""What pushes against the arm."""
