"""One episode: the loop, its end, keys, video, provenance."""
