"""The kinds of runs that commands leave: how each is read and what is said of it."""
