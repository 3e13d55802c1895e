"""A run as a page that people look at: intervals, failures, latency, every episode."""
