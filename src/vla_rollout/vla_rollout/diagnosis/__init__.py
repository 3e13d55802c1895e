"""Names what goes wrong in an episode, while it happens and from a recording: one code path."""
