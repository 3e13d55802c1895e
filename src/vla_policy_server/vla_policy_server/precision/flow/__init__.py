"""Flow-matching policies as two graphs: the prefix once per chunk, the step in a loop."""
