"""Whether the cameras show anything."""
