"""How fast a policy is here in every precision, and what that costs in success."""
