"""Does a policy see its cameras, read its instruction and mean our units?"""
