"""What a policy is, told by hashes of its files and of its policy file."""
