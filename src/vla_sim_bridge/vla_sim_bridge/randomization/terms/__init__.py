"""What is randomised, by subject."""
