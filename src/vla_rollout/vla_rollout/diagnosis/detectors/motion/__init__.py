"""How the arm moves, and whether it gets on."""
