"""The nodes of a stack: starting them and talking to them."""
