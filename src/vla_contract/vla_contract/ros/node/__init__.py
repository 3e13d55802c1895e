"""The life of a node: parameters, transitions, its end, what it says of its health."""
