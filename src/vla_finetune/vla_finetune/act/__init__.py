"""ACT from scratch, on demonstrations."""
