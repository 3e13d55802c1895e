"""A page on this machine that shows a running rollout, for machines without rviz."""
