"""What a draft reads: descriptions, and the files of MoveIt."""
