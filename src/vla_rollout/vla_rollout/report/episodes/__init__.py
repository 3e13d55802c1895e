"""The episodes of a run on its page."""
