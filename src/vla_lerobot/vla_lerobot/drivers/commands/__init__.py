"""Commands over time, and which of them are obeyed."""
