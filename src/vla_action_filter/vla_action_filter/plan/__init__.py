"""What the policy wants at a time: chunks, their clock, seams between them."""
