"""What an episode is about: one module per task, behind the protocol of `task`."""
