"""What an episode is about: objects, where they begin, what is told, and when it is over."""
