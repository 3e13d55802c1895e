"""What every command shares: arguments, exit status, pages, processes."""
