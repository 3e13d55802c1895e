"""What becomes of the chunks of the policy."""
