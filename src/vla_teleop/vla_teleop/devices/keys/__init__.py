"""Keys of a terminal as a device."""
