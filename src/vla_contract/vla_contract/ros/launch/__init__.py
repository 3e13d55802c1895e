"""What launch files share."""
