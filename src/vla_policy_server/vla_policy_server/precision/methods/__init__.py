"""Ways to run a network: casts, graphs, quantised weights."""
