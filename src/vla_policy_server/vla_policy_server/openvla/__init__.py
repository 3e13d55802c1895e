"""OpenVLA, in an environment of its own behind the wire."""
