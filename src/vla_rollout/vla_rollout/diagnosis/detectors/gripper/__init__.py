"""Whether the fingers do what they are told, and are told what they should."""
