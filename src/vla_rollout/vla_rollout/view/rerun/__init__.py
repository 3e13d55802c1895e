"""A recorded episode as a recording of Rerun."""
