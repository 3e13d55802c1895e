"""What a device says to joints of the robot: units, alignment, clutch, tools."""
