"""Episodes on disk: raw messages in MCAP, one file each, whole or not there at all."""
