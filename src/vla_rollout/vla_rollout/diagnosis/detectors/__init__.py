"""One detector of a failure each."""
