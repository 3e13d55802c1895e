"""Domain randomisation: a table of terms, sampled around the authored value, replayable."""
