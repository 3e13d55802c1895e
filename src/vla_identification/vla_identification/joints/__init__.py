"""Does each joint do what it is told, how late, and do the cameras see it?"""
