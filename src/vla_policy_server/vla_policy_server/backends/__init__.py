"""What can be asked for actions, each by a factory."""
