"""Episodes on disk: raw messages in MCAP, one file each, written atomically."""
