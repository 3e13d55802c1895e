"""Training and fine-tuning of policies."""
