"""Runs a policy and publishes its action chunks."""
