"""What is looked at before a robot of one's own is trusted."""
