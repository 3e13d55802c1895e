"""The file of a policy, drafted from what its checkpoint and its dataset record."""
