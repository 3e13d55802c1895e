"""Here so that tests in sub-folders find the modules beside this file."""
