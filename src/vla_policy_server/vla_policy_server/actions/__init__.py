"""From actions of a tool to joint positions."""
