"""Intervals, comparisons and sequential tests of success."""
