"""What servers of others say about their policy, compared with the policy file."""
