"""Arms and what they end in: grippers, fingers, tools."""
