"""Where the next view would tell most."""
