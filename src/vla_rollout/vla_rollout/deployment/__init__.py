"""How fast a policy may move, and who may unlock it."""
